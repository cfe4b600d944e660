import type { CallSnapshot } from "@offhook/phone";
import { Notice } from "../../components/notice";
import { Party } from "../../components/party";
import { RoundButton } from "../../components/round-button";
import { callWords } from "../../lib/call-words";
import { usePhone } from "../../stores/context";
import { useRingtone } from "./ringtone";
import "./incoming-call.css";

interface Props {
  readonly call: CallSnapshot;
}

export function IncomingCall({ call }: Props) {
  const { hint, id, name, number, problem, status } = call;
  const { answer, decline } = usePhone((state) => state);
  useRingtone();
  return (
    <section className="incoming-call" data-testid="incoming-call" aria-label="Incoming call">
      <p className="incoming-status" data-testid="call-status" data-status={status} role="alert">
        {callWords(call)}
      </p>
      <Party name={name} number={number} />
      {hint && <Notice kind="hint" problem={hint} testId="call-hint" />}
      {problem && <Notice kind="alert" problem={problem} testId="error-message" />}
      <div className="incoming-actions">
        <RoundButton
          icon="hangUp"
          label="Decline"
          tone="stop"
          data-testid="decline-button"
          onClick={() => decline(id)}
        />
        <RoundButton
          icon="phone"
          label="Answer"
          tone="go"
          data-testid="answer-button"
          onClick={() => answer(id)}
        />
      </div>
    </section>
  );
}
