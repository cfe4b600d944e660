import { useEffect } from "react";
import { callWords } from "../lib/call-words";
import { formatNumber } from "../lib/format-number";
import { usePhone } from "../stores/context";
import { activeCall, incomingCall } from "../stores/phone-store";

/** The tab says what the phone does: it is often all that is seen of it. */
export function useTitle(): void {
  const call = usePhone((state) => incomingCall(state) ?? activeCall(state));
  const party = call && (call.name || formatNumber(call.number) || "Withheld number");
  const title = call ? `${callWords(call)}: ${party} – Offhook` : "Offhook";
  useEffect(() => {
    document.title = title.replace("…", "");
  }, [title]);
}
