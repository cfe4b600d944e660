import { type Core, Inviter, SessionState, URI } from "sip.js";
import { Call, type CallContext, sayBye } from "./call";
import { callFailure } from "./call-failure";
import type { CallMedia } from "./call-media";
import { mark } from "./marks";
import { type Problem, problemOf } from "./problem";
import { firstReason } from "./reason-header";
import { unsupported } from "./support";

const kFailed: Problem = {
  code: "call_failed",
  sentence: "The browser could not set up the call.",
  action: "Reload the page and call again.",
};

const kNoResponse: Problem = {
  code: "no_response",
  sentence: "The phone server did not answer.",
  action: "Call again.",
};

export class OutgoingCall extends Call {
  #inviter: Inviter | undefined;
  #answerSeen = false;

  /** @param number as dialled: digits, `*`, `#`, a leading `+`. Nothing is sent before start(). */
  constructor(context: CallContext, number: string) {
    super(context, { direction: "outgoing", number, name: "", status: "idle" });
  }

  /** The call that failed before it began. */
  fail(problem: Problem): void {
    this.finish("failed", problem);
  }

  /** Opens the microphone, prepares the offer meanwhile, then sends the INVITE. */
  async start(): Promise<void> {
    mark("offhook:call");
    this.update({ status: "connecting" });
    const problem = unsupported();
    if (problem !== undefined) return this.fail(problem);
    try {
      const media = this.createMedia();
      media.prepareOffer();
      const stream = await this.openMicrophone();
      void media.setMicrophone(stream); // stops it if the call is over by now
      if (!this.isOver) this.#invite(media);
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
    const { host } = userAgent.configuration.uri;
    const target = new URI("sip", this.snapshot.number.replaceAll("#", "%23"), host);
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
    // SIP.js itself made up a response without Via: nothing came, or nothing could be sent.
    if (!message.hasHeader("via")) return this.finish("failed", kNoResponse);
    const reason = firstReason(message.getHeaders("reason"));
    const { outcome, problem } = callFailure(message.statusCode ?? 500, reason?.text);
    this.finish(outcome, problem);
  }
}
