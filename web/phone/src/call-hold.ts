import type { Session } from "sip.js";
import type { CallMedia } from "./call-media";

export interface CallHoldEvents {
  readonly onPending: (pending: "hold" | "resume") => void;
  readonly onChanged: (held: boolean) => void;
  /** It is as it was before. */
  readonly onRefused: (pending: "hold" | "resume") => void;
}

/** Hold and resume of one call: one re-INVITE at a time, in the order asked for. */
export class CallHold {
  readonly #events: CallHoldEvents;
  #held = false;
  #last = Promise.resolve(true);
  #end: () => void = () => undefined;
  readonly #ended = new Promise<void>((resolve) => (this.#end = resolve));

  constructor(events: CallHoldEvents) {
    this.#events = events;
  }

  /** Returns whether it is so now. Never rejects. */
  set(held: boolean, session: Session, media: CallMedia): Promise<boolean> {
    this.#last = this.#last.then(() => this.#change(held, session, media));
    return this.#last;
  }

  /** The call is over: nothing waits for an answer any more. */
  end(): void {
    this.#end();
  }

  async #change(held: boolean, session: Session, media: CallMedia): Promise<boolean> {
    if (held === this.#held) return true;
    const pending = held ? "hold" : "resume";
    this.#events.onPending(pending);
    media.hold(held);
    try {
      await Promise.race([renegotiate(session, media), this.#ended]);
    } catch {
      media.hold(!held);
      this.#events.onRefused(pending);
      return false;
    }
    this.#held = held;
    this.#events.onChanged(held);
    return true;
  }
}

/** Offers the media as it is now. Rejects where that is refused (RFC 3261 section 14.1). */
function renegotiate(session: Session, media: CallMedia): Promise<void> {
  return new Promise((resolve, reject) => {
    const refused = () => reject(new Error("The re-INVITE was refused."));
    session
      .invite({
        requestDelegate: { onAccept: () => resolve(), onRedirect: refused, onReject: refused },
      })
      // SIP.js takes the offer back where it was refused, not where it could not be sent.
      .catch(() => media.rollBack().then(refused, refused));
  });
}
