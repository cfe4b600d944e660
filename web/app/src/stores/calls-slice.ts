import type { CallOptions, CallSnapshot, PhoneSnapshot } from "@offhook/phone";
import type { Engine } from "./engine";

type Calls = Pick<PhoneSnapshot, "calls" | "activeId">;

/** The calls, in order, the one that the user is busy with, and what can be done with them. */
export interface CallsSlice extends Calls {
  /** Holds the call that is talked in. */
  readonly call: (number: string, options?: CallOptions) => void;
  /** Holds the call that is talked in. */
  readonly answer: (id: string) => void;
  readonly decline: (id: string) => void;
  readonly hangUp: (id: string) => void;
  readonly mute: (id: string, muted: boolean) => void;
  readonly hold: (id: string) => void;
  /** Holds the call that is talked in: with two calls this swaps them. */
  readonly resume: (id: string) => void;
  /** @param to a number, or a call that takes this one's place. */
  readonly transfer: (id: string, to: string | Pick<CallSnapshot, "id">) => void;
  readonly dismissTransfer: (id: string) => void;
  /** Returns whether the digit was sent. */
  readonly sendDigit: (id: string, digit: string) => boolean;
  readonly dismiss: (id: string) => void;
}

/** @param engine where it has come: before that there is nothing to act on. */
export function createCallsSlice(engine: () => Engine | undefined): CallsSlice {
  const find = (id: string) => engine()?.find(id);
  return {
    calls: [],
    call: (number, options) => void engine()?.call(number, options),
    answer: (id) => void find(id)?.answer(),
    decline: (id) => find(id)?.decline(),
    hangUp: (id) => find(id)?.hangUp(),
    mute: (id, muted) => find(id)?.mute(muted),
    hold: (id) => void find(id)?.hold(),
    resume: (id) => void find(id)?.resume(),
    transfer: (id, to) => find(id)?.transfer(to),
    dismissTransfer: (id) => find(id)?.dismissTransfer(),
    sendDigit: (id, digit) => find(id)?.sendDigit(digit) ?? false,
    dismiss: (id) => engine()?.dismiss(id),
  };
}

function isOver({ status }: CallSnapshot): boolean {
  return status === "ended" || status === "failed";
}

function isWaiting({ direction, status }: CallSnapshot): boolean {
  return direction === "incoming" && status === "ringing";
}

export function incomingCall({ calls }: Calls): CallSnapshot | undefined {
  return calls.find(isWaiting);
}

/** The call that is being set up, talked in, or was chosen last of those on hold. */
export function activeCall({ activeId, calls }: Calls): CallSnapshot | undefined {
  return calls.find((call) => call.id === activeId && !isOver(call));
}

/** The calls under way besides the active one, those that ring not among them. */
export function otherCalls({ activeId, calls }: Calls): readonly CallSnapshot[] {
  return calls.filter((call) => call.id !== activeId && !isOver(call) && !isWaiting(call));
}

/** The call that just ended, until the next one begins. */
export function lastCall({ calls }: Calls): CallSnapshot | undefined {
  return calls.findLast(isOver);
}
