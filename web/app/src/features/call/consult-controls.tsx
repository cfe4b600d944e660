import type { CallSnapshot } from "@offhook/phone";
import { Pill } from "../../components/pill";
import { isTransferring } from "../../lib/transfer-words";
import { usePhone } from "../../stores/context";

interface Props {
  /** The call in which the user asks. */
  readonly call: CallSnapshot;
  /** The call that waits for what comes of it. */
  readonly original: CallSnapshot;
}

/** Ends a question: the two others talk to each other, or the user goes back to the first. */
export function ConsultControls({ call, original }: Props) {
  const { hangUp, resume, transfer } = usePhone((state) => state);
  const isUnderWay = isTransferring(original);
  const goBack = () => {
    hangUp(call.id);
    resume(original.id);
  };
  return (
    <div className="consult-controls">
      <Pill
        tone="go"
        data-testid="complete-transfer-button"
        disabled={isUnderWay || call.status !== "connected" || call.pending !== undefined}
        onClick={() => transfer(original.id, call)}
      >
        {isUnderWay ? "Transferring…" : "Complete transfer"}
      </Pill>
      <Pill data-testid="back-to-caller-button" disabled={isUnderWay} onClick={goBack}>
        Back to caller
      </Pill>
    </div>
  );
}
