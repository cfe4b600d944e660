import { type Core, type Session, SessionState } from "sip.js";
import type { CallContext } from "./call-context";
import { farEndProblem } from "./call-failure";
import { CallHold } from "./call-hold";
import { CallMedia, type MediaState } from "./call-media";
import {
  kCallLost,
  kMediaInterrupted,
  kMediaLost,
  kMediaRefused,
  kMicrophoneGone,
  kNotAnswered,
  kNotHeld,
  kNotResumed,
} from "./call-problems";
import { dialString } from "./dial-string";
import { dialProblem, dialTarget } from "./dial-target";
import { openMicrophone } from "./microphone";
import { Observable } from "./observable";
import type { Problem } from "./problem";
import { type Reason, firstReason } from "./reason-header";
import { SessionDescription } from "./session-description";
import { refer } from "./transfer";
import type { CallOutcome, CallSnapshot, Transfer } from "./types";

/** Milliseconds from the news that a transfer is done until the gateway's BYE counts as lost. */
const kTransferGrace = 5000;

/** Milliseconds: at the end of a call the gateway's DTLS alert may overtake its BYE. */
const kByeGrace = 1000;

let lastId = 0;

/** One call, from its beginning until after its end. Commands that no longer fit do nothing. */
export abstract class Call extends Observable<CallSnapshot> {
  protected readonly context: CallContext;
  protected session: Session | undefined;
  #media: CallMedia | undefined;
  #remoteStream: MediaStream | undefined;
  #mediaLost: ReturnType<typeof setTimeout> | undefined;
  /** Another call's far end is being connected to this one's: the gateway ends this one for that. */
  #isGiven = false;
  readonly #hold = new CallHold({
    onPending: (pending) => this.#holdPending(pending),
    onChanged: (held) => this.#holdChanged(held),
    onRefused: (pending) => this.#holdRefused(pending),
  });

  protected constructor(
    context: CallContext,
    initial: Pick<CallSnapshot, "direction" | "number" | "name" | "status" | "consultFor">,
  ) {
    super({ id: `call-${++lastId}`, muted: false, held: false, remoteHeld: false, ...initial });
    this.context = context;
  }

  get id(): string {
    return this.snapshot.id;
  }

  get isOver(): boolean {
    return this.snapshot.status === "ended" || this.snapshot.status === "failed";
  }

  /** Answers an incoming call. When the microphone cannot be opened it rings on, with a problem. */
  answer(): Promise<void> {
    return Promise.resolve();
  }

  decline(): void {
    this.hangUp();
  }

  /** Ends the call, whatever its state. */
  abstract hangUp(): void;

  mute(muted: boolean): void {
    if (this.isOver) return;
    this.#media?.mute(muted);
    this.update({ muted });
  }

  /** Lets the far end hear music instead of the user. Returns whether it does, or has gone. */
  hold(): Promise<boolean> {
    return this.#setHeld(true);
  }

  /** Talks again; a call that is talked in meanwhile is held. Returns whether that worked. */
  async resume(): Promise<boolean> {
    const { held, pending } = this.snapshot;
    if (this.isOver || !held || pending !== undefined) return false;
    this.update({ pending: "resume" });
    if (await this.context.takeOver(this)) return this.#setHeld(false);
    this.#holdRefused("resume");
    return false;
  }

  /**
   * Connects the far end to somebody else: to a number as typed, unannounced, or to another call's
   * far end. The user may hang up before it is done; it goes on.
   */
  transfer(to: string | { readonly id: string }): void {
    if (this.session === undefined || !this.#isTransferable()) return;
    const other = typeof to === "string" ? undefined : this.context.find(to.id);
    const number = typeof to === "string" ? dialString(to) : (other?.snapshot.number ?? "");
    const report = (how: Omit<Transfer, "to">) => {
      if (!this.isOver) this.update({ transfer: { to: number, ...how } });
    };
    const give = (isGiven: boolean) => {
      if (other !== undefined) other.#isGiven = isGiven;
    };
    const onFailed = (problem: Problem) => {
      give(false);
      report({ state: "failed", problem });
    };
    if (typeof to === "string") {
      const problem = dialProblem(number);
      if (problem !== undefined) return onFailed(problem);
    } else if (other === this || other?.snapshot.status !== "connected") {
      return onFailed(kNotAnswered);
    }
    report({ state: "requested" });
    refer(this.session, other?.session ?? dialTarget(this.context.userAgent, number), {
      onAccepted: () => give(true),
      onProgress: (state) => report({ state }),
      onFailed,
      onDone: () => {
        this.#transferred();
        if (other !== undefined) other.#transferred();
      },
    });
  }

  /** Forgets a transfer that failed. */
  dismissTransfer(): void {
    if (this.snapshot.transfer?.state === "failed") this.clear("transfer");
  }

  /**
   * @param digit one of 0 to 9, `*`, `#`, A to D.
   * @returns whether it was sent.
   */
  sendDigit(digit: string): boolean {
    if (this.isOver || this.snapshot.held || !/^[0-9*#A-D]$/.test(digit)) return false;
    if (this.#media?.sendDigit(digit) === true) return true;
    if (this.session?.state !== SessionState.Established) return false;
    const content = `Signal=${digit}\r\nDuration=160`;
    const body = { contentDisposition: "render", contentType: "application/dtmf-relay", content };
    this.session.info({ requestOptions: { body } }).catch(() => undefined);
    return true;
  }

  /** Signalling was lost. A call that is talked in goes on; one that rings does not. */
  connectionLost(): void {
    return;
  }

  /** Asks whether the gateway still knows the call: one that was started anew does not, and says 481. */
  verify(): void {
    if (this.session?.state !== SessionState.Established) return;
    const onReject = ({ message }: Core.IncomingResponse) => {
      if (message.statusCode === 481) this.finish("failed", kCallLost);
    };
    this.session.info({ requestDelegate: { onReject } }).catch(() => undefined);
  }

  protected update(patch: Partial<CallSnapshot>): void {
    this.publish({ ...this.snapshot, ...patch });
  }

  protected clear(key: "hint" | "pending" | "problem" | "transfer"): void {
    if (this.snapshot[key] === undefined) return;
    const { [key]: _, ...rest } = this.snapshot;
    this.publish(rest);
  }

  protected async openMicrophone(): Promise<MediaStream> {
    try {
      return await openMicrophone({
        processing: this.context.processing,
        onPrompt: (hint) => !this.isOver && this.update({ hint }),
      });
    } finally {
      this.clear("hint");
    }
  }

  protected createMedia(): CallMedia {
    const media = new CallMedia({
      onRemoteStream: (stream) => {
        this.#remoteStream = stream;
        if (!this.snapshot.held) this.context.audio.play(stream);
      },
      onState: (state) => this.#mediaChanged(state),
      onMicrophoneGone: () => !this.isOver && this.update({ hint: kMicrophoneGone }),
      onRemoteHold: (remoteHeld) => {
        if (!this.isOver && remoteHeld !== this.snapshot.remoteHeld) this.update({ remoteHeld });
      },
    });
    media.mute(this.snapshot.muted);
    this.#media = media;
    return media;
  }

  protected describe(media: CallMedia): SessionDescription {
    return new SessionDescription(media, () => this.#abandon(kMediaRefused));
  }

  /** Follows the session. Its details reach the delegates in the same task, hence the deferral. */
  protected follow(session: Session): void {
    this.session = session;
    session.stateChange.addListener((state) => {
      if (state === SessionState.Established && !this.isOver) {
        this.update({ status: "connected", startedAt: Date.now() });
      }
      if (state === SessionState.Terminated) queueMicrotask(() => this.finish("completed"));
    });
    session.delegate = {
      onBye: (bye) => {
        void bye.accept();
        const problem = farEndProblem(bye.request.getHeaders("reason"));
        this.finish(this.#isGiven ? "transferred" : "completed", problem);
      },
      onCancel: ({ request }) => this.cancelled(firstReason(request.getHeaders("reason"))),
      // An INVITE, a BYE or the NOTIFY of a transfer is all that a gateway may ask of a browser.
      onRefer: (referral) => void referral.reject(),
    };
  }

  protected cancelled(_reason: Reason | undefined): void {
    this.finish("cancelled");
  }

  /** The first call decides; what comes later is an echo of the ending. */
  protected finish(outcome: CallOutcome, problem?: Problem): void {
    if (this.isOver) return;
    clearTimeout(this.#mediaLost);
    this.#media?.close();
    if (this.#remoteStream !== undefined) this.context.audio.stop(this.#remoteStream);
    const unwanted = !["completed", "cancelled", "transferred"].includes(outcome);
    const failed = unwanted && this.snapshot.direction === "outgoing";
    const { hint: _hint, pending: _pending, transfer: _transfer, ...rest } = this.snapshot;
    this.publish({
      ...rest,
      status: failed || outcome === "failed" ? "failed" : "ended",
      endedAt: Date.now(),
      outcome,
      ...(problem && { problem }),
    });
    this.#hold.end();
  }

  #setHeld(held: boolean): Promise<boolean> {
    const { isOver, session } = this;
    if (isOver) return Promise.resolve(held);
    if (session === undefined || this.#media === undefined) return Promise.resolve(false);
    if (this.snapshot.status !== "connected") return Promise.resolve(false);
    return this.#hold.set(held, session, this.#media);
  }

  #holdPending(pending: "hold" | "resume"): void {
    if (this.isOver) return;
    const { hint } = this.snapshot;
    if (hint === kNotHeld || hint === kNotResumed) this.clear("hint");
    this.update({ pending });
  }

  #holdChanged(held: boolean): void {
    if (this.isOver) return;
    this.clear("pending");
    this.update({ held });
    if (this.#remoteStream === undefined) return;
    if (held) this.context.audio.stop(this.#remoteStream);
    else this.context.audio.play(this.#remoteStream);
  }

  #holdRefused(pending: "hold" | "resume"): void {
    if (this.isOver) return;
    this.clear("pending");
    this.update({ hint: pending === "hold" ? kNotHeld : kNotResumed });
  }

  #isTransferable(): boolean {
    const { status, transfer } = this.snapshot;
    return status === "connected" && (transfer === undefined || transfer.state === "failed");
  }

  /** The gateway ends the session; if that is lost on the way, so do we. */
  #transferred(): void {
    this.finish("transferred");
    const { session } = this;
    if (session === undefined) return;
    setTimeout(() => this.context.whenConnected(() => sayBye(session)), kTransferGrace);
  }

  #mediaChanged(state: MediaState): void {
    if (this.isOver) return;
    if (state === "interrupted") this.update({ hint: kMediaInterrupted });
    if (state === "connected" && this.snapshot.hint === kMediaInterrupted) this.clear("hint");
    if (state === "lost") {
      this.#mediaLost = setTimeout(() => this.#abandon(kMediaLost), kByeGrace);
    }
  }

  /** Ends it at both sides because of what happened here. */
  #abandon(problem: Problem): void {
    if (this.isOver) return;
    this.finish("failed", problem);
    this.hangUp();
  }
}

/** Ends a confirmed session, or one whose acknowledgement is still under way. */
export function sayBye(session: Session): void {
  // bye() throws and rejects by turns when the far end was quicker.
  void (async () => session.bye())().catch(() => undefined);
}
