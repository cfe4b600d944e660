import type { CallSnapshot } from "@offhook/phone";
import { Icon } from "../../components/icon";
import { callWords } from "../../lib/call-words";
import { partyWords } from "../../lib/party-words";
import { isTransferring } from "../../lib/transfer-words";
import { activeCall, otherCalls } from "../../stores/calls-slice";
import { usePhone } from "../../stores/context";
import "./other-calls.css";

/** The calls that wait on hold while another one is talked in. */
export function OtherCalls() {
  const phone = usePhone((state) => state);
  const others = otherCalls(phone);
  const active = activeCall(phone);
  if (active === undefined || others.length === 0) return null;
  const isBusy = [active, ...others].some((call) => call.pending !== undefined);
  const isBeingSetUp = active.status !== "connected";
  return (
    <section className="other-calls" aria-label="Other calls" data-testid="other-calls">
      <ul>
        {others.map((call) => (
          <OtherCall
            key={call.id}
            call={call}
            isSwap={!active.held}
            isDisabled={isBusy || isBeingSetUp || isTransferring(call) || isTransferring(active)}
          />
        ))}
      </ul>
    </section>
  );
}

interface Props {
  readonly call: CallSnapshot;
  /** Whether the active call goes on hold for it. */
  readonly isSwap: boolean;
  readonly isDisabled: boolean;
}

function OtherCall({ call, isDisabled, isSwap }: Props) {
  const { hint, id, pending } = call;
  const { hangUp, resume } = usePhone((state) => state);
  const party = partyWords(call);
  const verb = isSwap ? "Swap" : "Resume";
  return (
    <li>
      <p className="other-call-words">
        <span className="other-call-party">{party}</span>
        <span className="other-call-status" data-testid="other-call-status">
          {pending === "resume" ? "Resuming…" : (hint?.sentence ?? callWords(call))}
        </span>
      </p>
      <button
        type="button"
        className="other-call-swap"
        aria-label={isSwap ? `Swap to ${party}` : `Resume ${party}`}
        data-testid="swap-button"
        disabled={isDisabled}
        onClick={() => resume(id)}
      >
        <Icon name={isSwap ? "swap" : "play"} /> {verb}
      </button>
      <button
        type="button"
        className="other-call-end"
        aria-label={`Hang up ${party}`}
        data-testid="other-hangup-button"
        onClick={() => hangUp(id)}
      >
        <Icon name="hangUp" />
      </button>
    </li>
  );
}
