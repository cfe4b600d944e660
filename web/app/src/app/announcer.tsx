import { callWords } from "../lib/call-words";
import { usePhone } from "../stores/context";
import { activeCall, lastCall } from "../stores/phone-store";

/**
 * Reads out how the call goes. It stands still while the faces of the phone change around it: a
 * live region that comes together with its text is not read. An incoming call is an alert instead.
 */
export function Announcer() {
  const words = usePhone((state) => {
    const call = activeCall(state) ?? lastCall(state);
    return call && callWords(call);
  });
  return (
    <p className="visually-hidden" role="status" data-testid="announcer">
      {words}
    </p>
  );
}
