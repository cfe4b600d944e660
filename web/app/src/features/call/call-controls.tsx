import type { CallSnapshot } from "@offhook/phone";
import { RoundButton } from "../../components/round-button";
import { isTransferring } from "../../lib/transfer-words";
import { usePhone } from "../../stores/context";

interface Props {
  readonly call: CallSnapshot;
  readonly onTransfer: () => void;
  readonly onAdd: () => void;
}

/** What can be done with a call but end it. */
export function CallControls({ call, onAdd, onTransfer }: Props) {
  const { held, id, muted, pending, status } = call;
  const { hold, mute, resume } = usePhone((state) => state);
  const isFixed = status !== "connected" || pending !== undefined || isTransferring(call);
  return (
    <div className="call-controls">
      <RoundButton
        icon={muted ? "microphoneOff" : "microphone"}
        label={muted ? "Unmute" : "Mute"}
        size="small"
        tone="quiet"
        aria-pressed={muted}
        data-testid="mute-button"
        onClick={() => mute(id, !muted)}
      />
      <RoundButton
        icon={held ? "play" : "pause"}
        label={holdWords(call)}
        size="small"
        tone="quiet"
        aria-pressed={held}
        data-testid="hold-button"
        disabled={isFixed}
        onClick={() => (held ? resume(id) : hold(id))}
      />
      <RoundButton
        icon="transfer"
        label="Transfer"
        size="small"
        tone="quiet"
        data-testid="transfer-button"
        disabled={isFixed}
        onClick={onTransfer}
      />
      <RoundButton
        icon="add"
        label="Add call"
        size="small"
        tone="quiet"
        data-testid="add-call-button"
        disabled={isFixed}
        onClick={onAdd}
      />
    </div>
  );
}

function holdWords({ held, pending }: CallSnapshot): string {
  if (pending === "hold") return "Holding…";
  if (pending === "resume") return "Resuming…";
  return held ? "Resume" : "Hold";
}
