import { Icon } from "../../components/icon";
import { Notice } from "../../components/notice";
import { callWords } from "../../lib/call-words";
import { formatDuration } from "../../lib/format-duration";
import { formatNumber } from "../../lib/format-number";
import { usePhone } from "../../stores/context";
import { lastCall } from "../../stores/phone-store";

/** How the last call ended, until the next one begins. */
export function LastCall() {
  const call = usePhone(lastCall);
  const dismiss = usePhone((state) => state.dismiss);
  if (call === undefined) return null;
  const { endedAt, id, name, number, outcome, problem, startedAt, status } = call;
  return (
    <section className="last-call" aria-label="Last call">
      <p className="last-call-line">
        <span data-testid="call-status" data-status={status} data-outcome={outcome}>
          {callWords(call)}
        </span>
        <span className="last-call-party">{name || formatNumber(number)}</span>
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
