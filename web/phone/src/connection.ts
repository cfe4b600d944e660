import { BackOff } from "./back-off";
import { Observable } from "./observable";
import type { Problem } from "./problem";
import { problemOf } from "./problem";
import type { ConnectionState } from "./types";

/** What a connection is made of. */
export interface Link {
  /** Settles when the link is up, or with the reason why it is not. */
  open(): Promise<void>;
  close(): void;
}

export interface ConnectionSnapshot {
  readonly state: ConnectionState;
  readonly problem?: Problem;
}

const kLost: Problem = {
  code: "connection_lost",
  sentence: "The connection to the phone server was lost.",
  action: "It is tried again by itself.",
};

/** Keeps a link up for ever: retries with back-off until it is told to stop. */
export class Connection extends Observable<ConnectionSnapshot> {
  readonly #link: Link;
  readonly #backOff: BackOff;
  #wanted = false;
  #wasUp = false;
  #opening = false;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(link: Link, random: () => number = Math.random) {
    super({ state: "offline" });
    this.#link = link;
    this.#backOff = new BackOff({ first: 500, longest: 30_000, random });
  }

  get isUp(): boolean {
    return this.snapshot.state === "online";
  }

  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#wasUp = false;
    this.publish({ state: "connecting" });
    void this.#open();
  }

  stop(): void {
    if (!this.#wanted) return;
    this.#wanted = false;
    clearTimeout(this.#retry);
    this.#backOff.reset();
    this.publish({ state: "offline" });
    this.#link.close();
  }

  /** Tries now instead of at the end of the wait: the network has come back. */
  retryNow(): void {
    if (!this.#wanted || this.isUp || this.#opening) return;
    this.#backOff.reset();
    clearTimeout(this.#retry);
    void this.#open();
  }

  /** The link, once up, has gone down. */
  linkLost(): void {
    if (!this.#wanted || !this.isUp) return;
    this.publish({ state: "reconnecting", problem: kLost });
    this.#schedule();
  }

  async #open(): Promise<void> {
    this.#opening = true;
    try {
      await this.#link.open();
    } catch (error) {
      this.#opening = false;
      if (!this.#wanted) return;
      const state = this.#wasUp ? "reconnecting" : "connecting";
      this.publish({ state, problem: problemOf(error, kLost) });
      this.#schedule();
      return;
    }
    this.#opening = false;
    if (!this.#wanted) return this.#link.close();
    this.#wasUp = true;
    this.#backOff.reset();
    this.publish({ state: "online" });
  }

  #schedule(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#open(), this.#backOff.next());
  }
}
