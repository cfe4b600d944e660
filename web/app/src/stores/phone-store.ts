import type { PhoneSnapshot } from "@offhook/phone";
import { createStore } from "zustand/vanilla";
import { type CallsSlice, createCallsSlice } from "./calls-slice";
import type { Engine } from "./engine";

export interface PhoneState extends PhoneSnapshot, CallsSlice {
  /** Whether the engine has come: commands before that have nothing to act on. */
  readonly loaded: boolean;
}

export type PhoneStore = ReturnType<typeof createPhoneStore>;

/** The phone as state. The engine, with SIP.js in it, arrives a moment after the page. */
export function createPhoneStore(loading: Promise<Engine>) {
  let engine: Engine | undefined;
  const store = createStore<PhoneState>()(() => ({
    loaded: false,
    connection: "connecting",
    registration: "unregistered",
    texts: [],
    ...createCallsSlice(() => engine),
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
const kAbsent = {
  activeId: undefined,
  mailbox: undefined,
  problem: undefined,
  session: undefined,
} as unknown as Partial<PhoneSnapshot>;

const kNotLoaded = {
  code: "not_loaded",
  sentence: "A part of this page could not be loaded.",
  action: "Reload the page.",
};
