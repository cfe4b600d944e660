import { type Core, type Session, SessionState, type UserAgent } from "sip.js";
import { CallMedia, type MediaState } from "./call-media";
import { openMicrophone } from "./microphone";
import { Observable } from "./observable";
import { type Problem, sentenceAndAction } from "./problem";
import { type Reason, firstReason } from "./reason-header";
import type { RemoteAudio } from "./remote-audio";
import { SessionDescription } from "./session-description";
import type { CallOutcome, CallSnapshot } from "./types";

/** What every call shares. */
export interface CallContext {
  readonly userAgent: UserAgent;
  readonly audio: RemoteAudio;
  readonly processing: boolean;
  /** Runs the action now, or when signalling is connected again. */
  readonly whenConnected: (action: () => void) => void;
}

const kMediaLost: Problem = {
  code: "media_lost",
  sentence: "The audio connection was lost.",
  action: "Check your network, then call again.",
};

const kMediaInterrupted: Problem = {
  code: "media_interrupted",
  sentence: "The audio connection is interrupted.",
  action: "It comes back by itself when the network does.",
};

const kMicrophoneGone: Problem = {
  code: "microphone_gone",
  sentence: "The microphone is gone.",
  action: "Plug it in, then call again.",
};

const kCallLost: Problem = {
  code: "call_lost",
  sentence: "The call ended while the connection was lost.",
  action: "Call again if you had not finished.",
};

const kMediaRefused: Problem = {
  code: "media",
  sentence: "The browser could not use the server's audio.",
  action: "Call again.",
};

/** Milliseconds: at the end of a call the gateway's DTLS alert may overtake its BYE. */
const kByeGrace = 1000;

/** Q.850 16, normal call clearing, and SIP 200: the far end just hung up. */
const kNormalCauses = new Set([16, 200]);

let lastId = 0;

/** One call, from its beginning until after its end. Commands that no longer fit do nothing. */
export abstract class Call extends Observable<CallSnapshot> {
  protected readonly context: CallContext;
  protected session: Session | undefined;
  #media: CallMedia | undefined;
  #remoteStream: MediaStream | undefined;
  #mediaLost: ReturnType<typeof setTimeout> | undefined;

  protected constructor(
    context: CallContext,
    initial: Pick<CallSnapshot, "direction" | "number" | "name" | "status">,
  ) {
    super({ id: `call-${++lastId}`, muted: false, ...initial });
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

  /**
   * @param digit one of 0 to 9, `*`, `#`, A to D.
   * @returns whether it was sent.
   */
  sendDigit(digit: string): boolean {
    if (this.isOver || !/^[0-9*#A-D]$/.test(digit)) return false;
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

  protected async openMicrophone(): Promise<MediaStream> {
    try {
      return await openMicrophone({
        processing: this.context.processing,
        onPrompt: (hint) => !this.isOver && this.update({ hint }),
      });
    } finally {
      this.#clearHint();
    }
  }

  protected createMedia(): CallMedia {
    const media = new CallMedia({
      onRemoteStream: (stream) => {
        this.#remoteStream = stream;
        this.context.audio.play(stream);
      },
      onState: (state) => this.#mediaChanged(state),
      onMicrophoneGone: () => !this.isOver && this.update({ hint: kMicrophoneGone }),
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
        this.finish("completed", farEndProblem(bye.request.getHeaders("reason")));
      },
      onCancel: ({ request }) => this.cancelled(firstReason(request.getHeaders("reason"))),
      // An INVITE or BYE is all that a gateway may ask of a browser.
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
    this.#clearHint();
    const unwanted = outcome !== "completed" && outcome !== "cancelled";
    const failed = unwanted && this.snapshot.direction === "outgoing";
    this.update({
      status: failed || outcome === "failed" ? "failed" : "ended",
      endedAt: Date.now(),
      outcome,
      ...(problem && { problem }),
    });
  }

  #mediaChanged(state: MediaState): void {
    if (this.isOver) return;
    if (state === "interrupted") this.update({ hint: kMediaInterrupted });
    if (state === "connected" && this.snapshot.hint === kMediaInterrupted) this.#clearHint();
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

  #clearHint(): void {
    if (this.snapshot.hint === undefined) return;
    const { hint: _, ...rest } = this.snapshot;
    this.publish(rest);
  }
}

/** Why the far end hung up, when it was not just the end of the conversation. */
function farEndProblem(values: string[]): Problem | undefined {
  const reason = firstReason(values);
  if (reason === undefined || reason.text === "") return undefined;
  if (reason.cause === undefined || kNormalCauses.has(reason.cause)) return undefined;
  return { code: "ended", ...sentenceAndAction(reason.text) };
}

/** Ends a confirmed session, or one whose acknowledgement is still under way. */
export function sayBye(session: Session): void {
  // bye() throws and rejects by turns when the far end was quicker.
  void (async () => session.bye())().catch(() => undefined);
}
