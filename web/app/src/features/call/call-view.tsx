import type { CallSnapshot } from "@offhook/phone";
import { useEffect, useRef, useState } from "react";
import { Dialpad } from "../../components/dialpad";
import { Notice } from "../../components/notice";
import { Party } from "../../components/party";
import { RoundButton } from "../../components/round-button";
import { callWords } from "../../lib/call-words";
import { useTypedKeys } from "../../lib/use-typed-keys";
import { usePhone } from "../../stores/context";
import { CallTimer } from "./call-timer";
import "./call-view.css";

interface Props {
  readonly call: CallSnapshot;
}

/** A call being set up or talked in. Digits go out as they are pressed. */
export function CallView({ call }: Props) {
  const { hint, id, muted, name, number, startedAt, status } = call;
  const { hangUp, mute, sendDigit } = usePhone((state) => state);
  const [sent, setSent] = useState("");
  const view = useRef<HTMLElement>(null);
  // Not a button: the Enter that dialled may still be down.
  useEffect(() => view.current?.focus(), []);

  const press = (digit: string) => {
    if (sendDigit(id, digit)) setSent((before) => before + digit);
  };
  useTypedKeys((key) => {
    if (!/^[0-9*#]$/.test(key)) return false;
    press(key);
    return true;
  });
  return (
    <section ref={view} className="call-view" tabIndex={-1} aria-label="Call">
      <Party name={name} number={number} />
      <p className="call-progress">
        <span data-testid="call-status" data-status={status}>
          {callWords(call)}
        </span>
        {startedAt !== undefined && <CallTimer startedAt={startedAt} />}
        {muted && <span className="call-muted">Muted</span>}
      </p>
      {hint && <Notice kind="hint" problem={hint} testId="call-hint" />}
      <p className="call-digits" data-testid="sent-digits" aria-hidden="true">
        {sent.slice(-20)}
      </p>
      <Dialpad onPress={press} />
      <div className="call-actions">
        <RoundButton
          icon={muted ? "microphoneOff" : "microphone"}
          label={muted ? "Unmute" : "Mute"}
          tone="quiet"
          aria-pressed={muted}
          data-testid="mute-button"
          onClick={() => mute(id, !muted)}
        />
        <RoundButton
          icon="hangUp"
          label="Hang up"
          tone="stop"
          data-testid="hangup-button"
          onClick={() => hangUp(id)}
        />
      </div>
    </section>
  );
}
