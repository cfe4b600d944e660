import type { CallOptions, CallSnapshot, PhoneSnapshot } from "@offhook/phone";
import type { Engine } from "../stores/engine";

/** An engine for tests and the preview: shows what it is given and notes what it is told. */
export class FakeEngine implements Engine {
  snapshot: PhoneSnapshot;
  readonly commands: string[] = [];
  /** Whether a digit finds its way. */
  sendsDigits = true;
  readonly #listeners = new Set<() => void>();

  constructor(snapshot: Partial<PhoneSnapshot> = {}) {
    const rest = {
      connection: "online",
      registration: "registered",
      calls: [],
      texts: [],
    } as const;
    this.snapshot = withActive({ ...rest, ...snapshot });
  }

  show(patch: Partial<PhoneSnapshot>): void {
    this.snapshot = withActive({ ...this.snapshot, ...patch });
    for (const listener of this.#listeners) listener();
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  connect(): void {
    this.commands.push("connect");
  }

  dismiss(id: string): void {
    this.commands.push(`dismiss ${id}`);
  }

  call(number: string, { consultFor }: CallOptions = {}) {
    this.commands.push(`call ${number}${consultFor === undefined ? "" : ` for ${consultFor}`}`);
    return this.#commandsOf(fakeCall({ number }));
  }

  find(id: string) {
    const call = this.snapshot.calls.find((candidate) => candidate.id === id);
    return call && this.#commandsOf(call);
  }

  #commandsOf(snapshot: CallSnapshot) {
    const { id } = snapshot;
    const note = (command: string) => void this.commands.push(`${command} ${id}`);
    return {
      id,
      snapshot,
      answer: () => Promise.resolve(note("answer")),
      decline: () => note("decline"),
      hangUp: () => note("hangUp"),
      hold: () => Promise.resolve(note("hold")).then(() => true),
      resume: () => Promise.resolve(note("resume")).then(() => true),
      transfer: (to: string | { readonly id: string }) =>
        note(`transfer to ${typeof to === "string" ? to : to.id}:`),
      dismissTransfer: () => note("dismissTransfer"),
      mute: (muted: boolean) => note(muted ? "mute" : "unmute"),
      sendDigit: (digit: string) => {
        note(`sendDigit ${digit}`);
        return this.sendsDigits;
      },
    };
  }
}

/** As a phone has it: of the calls that do not ring here, the one that is not on hold. */
function withActive({ activeId: _, ...phone }: PhoneSnapshot): PhoneSnapshot {
  const chosen = phone.calls.filter(
    ({ direction, status }) =>
      status === "connected" ||
      status === "connecting" ||
      (status === "ringing" && direction === "outgoing"),
  );
  const active = chosen.find(({ held }) => !held) ?? chosen.at(-1);
  return active === undefined ? phone : { ...phone, activeId: active.id };
}

/** A call, outgoing and connecting unless told otherwise. */
export function fakeCall(patch: Partial<CallSnapshot> = {}): CallSnapshot {
  return {
    id: "call-1",
    direction: "outgoing",
    number: "4443",
    name: "",
    status: "connecting",
    muted: false,
    held: false,
    remoteHeld: false,
    ...patch,
  };
}
