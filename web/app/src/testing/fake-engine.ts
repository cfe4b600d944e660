import type { CallSnapshot, PhoneSnapshot } from "@offhook/phone";
import type { Engine } from "../stores/engine";

/** An engine for tests and the preview: shows what it is given and notes what it is told. */
export class FakeEngine implements Engine {
  snapshot: PhoneSnapshot;
  readonly commands: string[] = [];
  /** Whether a digit finds its way. */
  sendsDigits = true;
  readonly #listeners = new Set<() => void>();

  constructor(snapshot: Partial<PhoneSnapshot> = {}) {
    this.snapshot = { connection: "online", registration: "registered", calls: [], ...snapshot };
  }

  show(patch: Partial<PhoneSnapshot>): void {
    this.snapshot = { ...this.snapshot, ...patch };
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

  call(number: string) {
    this.commands.push(`call ${number}`);
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
      mute: (muted: boolean) => note(muted ? "mute" : "unmute"),
      sendDigit: (digit: string) => {
        note(`sendDigit ${digit}`);
        return this.sendsDigits;
      },
    };
  }
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
    ...patch,
  };
}
