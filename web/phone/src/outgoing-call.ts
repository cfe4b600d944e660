import { type Core, Inviter, SessionState } from "sip.js";
import { Call, sayBye } from "./call";
import type { CallContext } from "./call-context";
import { responseFailure } from "./call-failure";
import type { CallMedia } from "./call-media";
import { kNoRoom } from "./call-problems";
import { dialTarget } from "./dial-target";
import { mark } from "./marks";
import { type Problem, problemOf } from "./problem";
import { unsupported } from "./support";

const kFailed: Problem = {
  code: "call_failed",
  sentence: "The browser could not set up the call.",
  action: "Reload the page and call again.",
};

export class OutgoingCall extends Call {
  #inviter: Inviter | undefined;
  #answerSeen = false;

  /**
   * Nothing is sent before start().
   * @param number as dialled: digits, `*`, `#`, a leading `+`.
   * @param consultFor the call whose far end may be transferred to this number.
   */
  constructor(context: CallContext, number: string, consultFor?: string) {
    const consult = consultFor === undefined ? {} : { consultFor };
    super(context, { direction: "outgoing", number, name: "", status: "connecting", ...consult });
  }

  /** The call that failed before it began. */
  fail(problem: Problem): void {
    this.finish("failed", problem);
  }

  /** Opens the microphone, prepares the offer meanwhile, then sends the INVITE. */
  async start(): Promise<void> {
    mark("offhook:call");
    const problem = unsupported();
    if (problem !== undefined) return this.fail(problem);
    try {
      const media = this.createMedia();
      media.prepareOffer();
      const stream = await this.openMicrophone();
      void media.setMicrophone(stream); // stops it if the call is over by now
      if (await this.context.takeOver(this)) this.#invite(media);
      else this.fail(kNoRoom);
    } catch (error) {
      this.finish("failed", problemOf(error, kFailed));
    }
  }

  hangUp(): void {
    const inviter = this.#inviter;
    this.finish(this.snapshot.status === "connected" ? "completed" : "cancelled");
    if (inviter === undefined) return;
    this.context.whenConnected(() => {
      if (inviter.state === SessionState.Established) sayBye(inviter);
      else if (inviter.state !== SessionState.Terminated) inviter.cancel().catch(() => undefined);
    });
  }

  #invite(media: CallMedia): void {
    const { userAgent } = this.context;
    const target = dialTarget(userAgent, this.snapshot.number);
    const inviter = new Inviter(userAgent, target, { earlyMedia: true });
    this.#inviter = inviter;
    inviter.data = this.describe(media);
    this.follow(inviter);
    mark("offhook:invite");
    inviter
      .invite({
        requestDelegate: {
          onProgress: (response) => this.#progress(response),
          onRedirect: (response) => this.#rejected(response),
          onReject: (response) => this.#rejected(response),
        },
      })
      .catch((error: unknown) => this.finish("failed", problemOf(error, kFailed)));
  }

  /** The gateway sends 183 with the answer at once; what follows says that the far end rings. */
  #progress({ message }: Core.IncomingResponse): void {
    if (this.snapshot.status !== "connecting") return;
    if (message.statusCode === 180 || this.#answerSeen) this.update({ status: "ringing" });
    this.#answerSeen ||= message.body !== "";
  }

  #rejected({ message }: Core.IncomingResponse): void {
    const { outcome, problem } = responseFailure(message);
    this.finish(outcome, problem);
  }
}
