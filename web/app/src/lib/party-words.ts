import type { CallSnapshot } from "@offhook/phone";
import { formatNumber } from "./format-number";

/** Who is at the other end, in one line. */
export function partyWords({ name, number }: Pick<CallSnapshot, "name" | "number">): string {
  return name || formatNumber(number) || "Withheld number";
}
