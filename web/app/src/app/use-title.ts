import { useEffect } from "react";
import { callWords } from "../lib/call-words";
import { partyWords } from "../lib/party-words";
import { usePhone } from "../stores/context";
import { activeCall, incomingCall } from "../stores/calls-slice";

/** The tab says what the phone does: it is often all that is seen of it. */
export function useTitle(): void {
  const call = usePhone((state) => incomingCall(state) ?? activeCall(state));
  const title = call ? `${callWords(call)}: ${partyWords(call)} – Offhook` : "Offhook";
  useEffect(() => {
    document.title = title.replace("…", "");
  }, [title]);
}
