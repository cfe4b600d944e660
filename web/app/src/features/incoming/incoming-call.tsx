import type { CallSnapshot } from "@offhook/phone";
import { useEffect, useRef } from "react";
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
  const { hint, id, name, number, pending, problem, status } = call;
  const { answer, decline } = usePhone((state) => state);
  const view = useRef<HTMLElement>(null);
  useRingtone();
  // Not a button: an Enter that was meant for the number must not answer.
  useEffect(() => view.current?.focus(), []);
  return (
    <section
      ref={view}
      className="incoming-call"
      tabIndex={-1}
      aria-labelledby="incoming-caller"
      data-testid="incoming-call"
    >
      <div className="incoming-caller" id="incoming-caller" role="alert">
        <p className="incoming-status" data-testid="call-status" data-status={status}>
          {callWords(call)}
        </p>
        <Party name={name} number={number} />
      </div>
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
          label={pending === "answer" ? "Answering…" : "Answer"}
          tone="go"
          disabled={pending === "answer"}
          data-testid="answer-button"
          onClick={() => answer(id)}
        />
      </div>
    </section>
  );
}
