import { URI, type UserAgent } from "sip.js";
import type { Problem } from "./problem";

/** The most digits that the gateway dials, a `+` not among them. */
const kDialledDigits = 32;

const kNoNumber: Problem = {
  code: "no_number",
  sentence: "There is no number to call.",
  action: "Type one first.",
};

const kTooLong: Problem = {
  code: "number_too_long",
  sentence: "The number is too long.",
  action: "Check it, then call again.",
};

/** Why nobody can dial this number; undefined when it can be tried. */
export function dialProblem(number: string): Problem | undefined {
  if (number === "") return kNoNumber;
  return number.replace("+", "").length > kDialledDigits ? kTooLong : undefined;
}

/** @param number digits, `*`, `#`, a leading `+`. */
export function dialTarget(userAgent: UserAgent, number: string): URI {
  const { host } = userAgent.configuration.uri;
  return new URI("sip", number.replaceAll("#", "%23"), host);
}
