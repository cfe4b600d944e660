import { Icon } from "../../components/icon";
import { Notice } from "../../components/notice";
import { callWords } from "../../lib/call-words";
import { formatDuration } from "../../lib/format-duration";
import { partyWords } from "../../lib/party-words";
import { activeCall, lastCall } from "../../stores/calls-slice";
import { usePhone } from "../../stores/context";
import "./last-call.css";

/** How the last call ended, until the next one begins. */
export function LastCall() {
  const call = usePhone(lastCall);
  const isInCall = usePhone((state) => activeCall(state) !== undefined);
  const dismiss = usePhone((state) => state.dismiss);
  if (call === undefined) return null;
  const { endedAt, id, outcome, problem, startedAt, status } = call;
  return (
    <section className="last-call" aria-label="Last call">
      <p className="last-call-line">
        <span
          data-testid={isInCall ? "last-call-status" : "call-status"}
          data-status={status}
          data-outcome={outcome}
        >
          {callWords(call)}
        </span>
        <span className="last-call-party">{partyWords(call)}</span>
        {startedAt !== undefined && endedAt !== undefined && (
          <span className="last-call-time">{formatDuration(endedAt - startedAt)}</span>
        )}
        <button type="button" aria-label="Dismiss" onClick={() => dismiss(id)}>
          <Icon name="close" />
        </button>
      </p>
      {problem && <Notice kind="alert" problem={problem} testId="error-message" />}
    </section>
  );
}
