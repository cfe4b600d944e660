import type { Problem } from "@offhook/phone";
import { callWords } from "../lib/call-words";
import { isTransferring, transferWords } from "../lib/transfer-words";
import { activeCall, incomingCall, lastCall } from "../stores/calls-slice";
import { usePhone } from "../stores/context";

/**
 * Reads out how the call and the connection go. It stands still while the faces of the phone change
 * around it: a live region that comes together with its text is not read. An incoming call is an
 * alert instead.
 */
export function Announcer() {
  const words = usePhone((state) => {
    const call = activeCall(state) ?? lastCall(state);
    return call && callWords(call);
  });
  const transfer = usePhone((state) => state.calls.find(isTransferring)?.transfer);
  const hint = usePhone((state) => (incomingCall(state) ?? activeCall(state))?.hint);
  const problem = usePhone((state) => state.problem);
  return (
    <div className="visually-hidden" role="status" data-testid="announcer">
      {words && <p>{words}</p>}
      {transfer && <p>{transferWords(transfer)}</p>}
      {hint && <p>{inWords(hint)}</p>}
      {problem && <p>{inWords(problem)}</p>}
    </div>
  );
}

function inWords({ action, sentence }: Problem): string {
  return `${sentence} ${action}`.trim();
}
