import type { CallSnapshot } from "@offhook/phone";
import { useEffect, useRef, useState } from "react";
import { Notice } from "../../components/notice";
import { Party } from "../../components/party";
import { RoundButton } from "../../components/round-button";
import { callWords } from "../../lib/call-words";
import { isTransferring } from "../../lib/transfer-words";
import { otherCalls } from "../../stores/calls-slice";
import { usePhone } from "../../stores/context";
import { CallControls } from "./call-controls";
import { CallKeypad } from "./call-keypad";
import { CallTimer } from "./call-timer";
import { ConsultControls } from "./consult-controls";
import { TransferPanel } from "./transfer-panel";
import { TransferStatus } from "./transfer-status";
import "./call-view.css";

interface Props {
  readonly call: CallSnapshot;
  /** Wants to call somebody else, too. */
  readonly onAdd: () => void;
}

/** A call being set up, talked in, or on hold with nobody else on the line. */
export function CallView({ call, onAdd }: Props) {
  const { consultFor, hint, id, muted, name, number, startedAt, status } = call;
  const phone = usePhone((state) => state);
  const original = otherCalls(phone).find((other) => other.id === consultFor);
  const [choosesTarget, setChoosesTarget] = useState(false);
  const isMoving = isTransferring(call) || (original !== undefined && isTransferring(original));
  const showsPanel = choosesTarget && status === "connected" && !isMoving;
  const view = useRef<HTMLElement>(null);
  // Not a button: the Enter that dialled may still be down.
  useEffect(() => {
    if (!showsPanel) view.current?.focus();
  }, [showsPanel]);
  return (
    <section ref={view} className="call-view" tabIndex={-1} aria-label="Call">
      <Party name={name} number={number} />
      <p className="call-progress">
        <span data-testid="call-status" data-status={status} data-held={call.held}>
          {callWords(call)}
        </span>
        {startedAt !== undefined && <CallTimer startedAt={startedAt} />}
        {muted && <span className="call-muted">Muted</span>}
      </p>
      {hint && <Notice kind="hint" problem={hint} testId="call-hint" />}
      {original && <TransferStatus call={original} />}
      <TransferStatus call={call} />
      {showsPanel ? (
        <TransferPanel call={call} onClose={() => setChoosesTarget(false)} />
      ) : (
        <>
          {!isMoving && <CallKeypad callId={id} />}
          {original && <ConsultControls call={call} original={original} />}
          <CallControls call={call} onAdd={onAdd} onTransfer={() => setChoosesTarget(true)} />
          <div className="call-actions">
            <RoundButton
              icon="hangUp"
              label="Hang up"
              tone="stop"
              data-testid="hangup-button"
              onClick={() => phone.hangUp(id)}
            />
          </div>
        </>
      )}
    </section>
  );
}
