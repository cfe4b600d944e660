import type { CallSnapshot, PhoneSnapshot } from "@offhook/phone";
import { createStore } from "zustand/vanilla";
import type { Engine } from "./engine";

export interface PhoneState extends PhoneSnapshot {
  /** Whether the engine has come: commands before that have nothing to act on. */
  readonly loaded: boolean;
  readonly call: (number: string) => void;
  readonly answer: (id: string) => void;
  readonly decline: (id: string) => void;
  readonly hangUp: (id: string) => void;
  readonly mute: (id: string, muted: boolean) => void;
  /** Returns whether the digit was sent. */
  readonly sendDigit: (id: string, digit: string) => boolean;
  readonly dismiss: (id: string) => void;
}

export type PhoneStore = ReturnType<typeof createPhoneStore>;

/** The phone as state. The engine, with SIP.js in it, arrives a moment after the page. */
export function createPhoneStore(loading: Promise<Engine>) {
  let engine: Engine | undefined;
  const store = createStore<PhoneState>()(() => ({
    loaded: false,
    connection: "connecting",
    registration: "unregistered",
    calls: [],
    call: (number) => void engine?.call(number),
    answer: (id) => void engine?.find(id)?.answer(),
    decline: (id) => engine?.find(id)?.decline(),
    hangUp: (id) => engine?.find(id)?.hangUp(),
    mute: (id, muted) => engine?.find(id)?.mute(muted),
    sendDigit: (id, digit) => engine?.find(id)?.sendDigit(digit) ?? false,
    dismiss: (id) => engine?.dismiss(id),
  }));
  loading
    .then((loaded) => {
      engine = loaded;
      const copy = () => store.setState({ ...kAbsent, ...loaded.snapshot });
      loaded.subscribe(copy);
      copy();
      store.setState({ loaded: true });
      loaded.connect();
    })
    .catch(() => store.setState({ connection: "offline", problem: kNotLoaded }));
  return store;
}

/** setState() merges: what is absent from a snapshot has to be unset by name. */
const kAbsent = { problem: undefined, session: undefined } as unknown as Partial<PhoneSnapshot>;

const kNotLoaded = {
  code: "not_loaded",
  sentence: "A part of this page could not be loaded.",
  action: "Reload the page.",
};

function isOver({ status }: CallSnapshot): boolean {
  return status === "ended" || status === "failed";
}

export function incomingCall({ calls }: PhoneSnapshot): CallSnapshot | undefined {
  return calls.find(({ direction, status }) => direction === "incoming" && status === "ringing");
}

/** The call that is being set up or talked in. */
export function activeCall(phone: PhoneSnapshot): CallSnapshot | undefined {
  const incoming = incomingCall(phone);
  return phone.calls.find((call) => !isOver(call) && call !== incoming);
}

/** The call that just ended, until the next one begins. */
export function lastCall({ calls }: PhoneSnapshot): CallSnapshot | undefined {
  return calls.findLast(isOver);
}
