import type { CallSnapshot } from "@offhook/phone";
import { Notice } from "../../components/notice";
import { Pill } from "../../components/pill";
import { callWords } from "../../lib/call-words";
import { partyWords } from "../../lib/party-words";
import { usePhone } from "../../stores/context";
import { useWaitingTone } from "./ringtone";
import "./waiting-call.css";

interface Props {
  readonly call: CallSnapshot;
  /** The call meanwhile. */
  readonly active: CallSnapshot;
}

/** Somebody calls during a call. It takes no focus: the user may be about to press a digit. */
export function WaitingCall({ active, call }: Props) {
  const { id, pending, problem } = call;
  const { answer, decline } = usePhone((state) => state);
  useWaitingTone();
  const isAnswering = pending === "answer";
  return (
    <section className="waiting-call" aria-labelledby="waiting-caller" data-testid="incoming-call">
      <div id="waiting-caller" role="alert">
        <p className="waiting-status">{callWords(call)}</p>
        <p className="waiting-party">{partyWords(call)}</p>
      </div>
      <p className="waiting-note" id="waiting-note">
        {active.status === "connected"
          ? `Answering puts ${partyWords(active)} on hold.`
          : `Answering ends the call to ${partyWords(active)}.`}
      </p>
      {problem && <Notice kind="alert" problem={problem} testId="error-message" />}
      <div className="waiting-actions">
        <Pill tone="stop" data-testid="decline-button" onClick={() => decline(id)}>
          Decline
        </Pill>
        <Pill
          tone="go"
          aria-describedby="waiting-note"
          data-testid="answer-button"
          disabled={isAnswering}
          onClick={() => answer(id)}
        >
          {isAnswering ? "Answering…" : "Answer"}
        </Pill>
      </div>
    </section>
  );
}
