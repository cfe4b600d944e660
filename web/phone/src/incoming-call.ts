import { type Invitation, SessionState } from "sip.js";
import { Call, sayBye } from "./call";
import type { CallContext } from "./call-context";
import { kNoRoom } from "./call-problems";
import { type Problem, ProblemError, problemOf } from "./problem";
import type { Reason } from "./reason-header";
import { remoteParty } from "./remote-party";
import type { CallOutcome } from "./types";

const kElsewhere: Problem = {
  code: "answered_elsewhere",
  sentence: "The call was answered on another device.",
  action: "",
};

const kConnectionLost: Problem = {
  code: "connection_lost",
  sentence: "The connection was lost while the phone rang.",
  action: "The caller may try again.",
};

const kFailed: Problem = {
  code: "answer_failed",
  sentence: "The call could not be answered.",
  action: "Try again, or reload the page.",
};

export class IncomingCall extends Call {
  readonly #invitation: Invitation;

  constructor(context: CallContext, invitation: Invitation) {
    const party = remoteParty(invitation.remoteIdentity);
    super(context, { direction: "incoming", ...party, status: "ringing" });
    this.#invitation = invitation;
    this.follow(invitation);
  }

  override async answer(): Promise<void> {
    if (!this.#isRinging() || this.snapshot.pending !== undefined) return;
    this.clear("problem");
    this.update({ pending: "answer" });
    try {
      const stream = await this.openMicrophone();
      if (!(await this.context.takeOver(this))) {
        stream.getTracks().forEach((track) => track.stop());
        throw new ProblemError(kNoRoom);
      }
      this.update({ status: "connecting" });
      const media = this.createMedia();
      await media.setMicrophone(stream);
      this.#invitation.data = this.describe(media);
      await this.#invitation.accept();
    } catch (error) {
      const problem = problemOf(error, kFailed);
      if (this.#isRinging()) this.update({ problem });
      else this.finish("failed", problem);
    } finally {
      this.clear("pending");
    }
  }

  override decline(): void {
    this.#refuse(603);
  }

  /** Refuses because of too many other calls. */
  refuseBusy(): void {
    this.#refuse(486);
  }

  /** The gateway ends a leg that rings together with its connection: nobody is there any more. */
  override connectionLost(): void {
    if (this.isOver || this.#invitation.state === SessionState.Established) return;
    this.#refuse(480, "cancelled", kConnectionLost);
  }

  hangUp(): void {
    if (this.#invitation.state !== SessionState.Established) return this.#refuse(603);
    this.finish("completed");
    this.context.whenConnected(() => sayBye(this.#invitation));
  }

  protected override cancelled(reason: Reason | undefined): void {
    // RFC 3326 section 2: the CANCEL says so when another branch took the call.
    this.finish("cancelled", reason?.cause === 200 ? kElsewhere : undefined);
  }

  #refuse(statusCode: number, outcome: CallOutcome = "rejected", problem?: Problem): void {
    this.finish(outcome, problem);
    this.context.whenConnected(() => {
      const { state } = this.#invitation;
      if (state !== SessionState.Initial && state !== SessionState.Establishing) return;
      this.#invitation.reject({ statusCode }).catch(() => undefined);
    });
  }

  #isRinging(): boolean {
    return this.snapshot.status === "ringing";
  }
}
