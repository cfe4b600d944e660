import type { CallSnapshot } from "@offhook/phone";
import { Notice } from "../../components/notice";
import { Pill } from "../../components/pill";
import { formatNumber } from "../../lib/format-number";
import { isTransferring, transferWords } from "../../lib/transfer-words";
import { usePhone } from "../../stores/context";

interface Props {
  /** The call that is transferred. */
  readonly call: CallSnapshot;
}

/** How a transfer goes, which the announcer reads out, and why it failed. */
export function TransferStatus({ call }: Props) {
  const { id, transfer } = call;
  const dismiss = usePhone((state) => state.dismissTransfer);
  if (transfer === undefined) return null;
  const to = transfer.to === "" ? "" : ` to ${formatNumber(transfer.to)}`;
  if (isTransferring(call)) {
    return (
      <div className="transfer-progress" data-testid="transfer-status">
        <p className="transfer-progress-title">Transferring{to}</p>
        <p>{transferWords(transfer)}</p>
        <p>You may hang up: the transfer goes on.</p>
      </div>
    );
  }
  const { problem } = transfer;
  return (
    <div className="transfer-failure" data-testid="transfer-status">
      <Notice
        kind="alert"
        problem={{
          code: problem?.code ?? "transfer_failed",
          sentence: `The transfer${to} failed. ${problem?.sentence ?? ""}`.trim(),
          action: problem?.action ?? "",
        }}
        testId="transfer-problem"
      />
      <Pill data-testid="dismiss-transfer-button" onClick={() => dismiss(id)}>
        Dismiss
      </Pill>
    </div>
  );
}
