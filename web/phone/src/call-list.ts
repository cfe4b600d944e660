import type { Call } from "./call";

/** The calls of a phone, in the order in which they began, and which of them the user chose last. */
export class CallList {
  readonly #calls = new Map<string, Call>();
  /** The latest first. */
  #chosen: readonly Call[] = [];

  [Symbol.iterator](): IterableIterator<Call> {
    return this.#calls.values();
  }

  find(id: string): Call | undefined {
    return this.#calls.get(id);
  }

  /** All that are not over. */
  get underWay(): readonly Call[] {
    return [...this].filter(({ isOver }) => !isOver);
  }

  /** The call under way that was chosen last. */
  get active(): Call | undefined {
    return this.#chosen.find(({ isOver }) => !isOver);
  }

  get isCalling(): boolean {
    return this.underWay.some(isBeingSetUp);
  }

  /** Adds a call in the place of those that are over. */
  add(call: Call): void {
    for (const [id, { isOver }] of this.#calls) if (isOver) this.#calls.delete(id);
    this.#calls.set(call.id, call);
  }

  /** Forgets a call that is over. Returns whether there was one. */
  dismiss(id: string): boolean {
    return this.find(id)?.isOver === true && this.#calls.delete(id);
  }

  choose(call: Call): void {
    this.#chosen = [call, ...this.#chosen.filter((other) => other !== call && !other.isOver)];
  }

  /**
   * Makes a call the one that is talked in: others are put on hold, and one that is being set up
   * ends. Returns whether the call may go on, which it may not once it is over.
   */
  async takeOver(call: Call): Promise<boolean> {
    if (!this.underWay.includes(call)) return false;
    for (const other of this.underWay) {
      if (other === call || isWaiting(other)) continue;
      if (isBeingSetUp(other)) other.hangUp();
      else if (!(await other.hold()) && this.underWay.includes(other)) return false;
    }
    if (!this.underWay.includes(call)) return false;
    this.choose(call);
    return true;
  }
}

/** Whether it rings here. */
function isWaiting({ snapshot }: Call): boolean {
  return snapshot.direction === "incoming" && snapshot.status === "ringing";
}

/** Whether its far end has not answered, or the user only just. */
function isBeingSetUp(call: Call): boolean {
  const { status } = call.snapshot;
  return status === "connecting" || (status === "ringing" && !isWaiting(call));
}
