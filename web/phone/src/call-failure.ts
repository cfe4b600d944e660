import type { Core } from "sip.js";
import { type Problem, sentenceAndAction } from "./problem";
import { firstReason } from "./reason-header";
import type { CallOutcome } from "./types";

export interface CallFailure {
  readonly outcome: CallOutcome;
  readonly problem: Problem;
}

type Row = readonly [outcome: CallOutcome, code: string, sentence: string, action: string];

const kCheckNumber = "Check the number and call again.";
const kTryLater = "Try again in a moment.";
const kTryAgain = "Call again.";

/** SIP status (RFC 3261 section 21) to what the caller reads. */
const kRows: Readonly<Record<number, Row>> = {
  400: ["failed", "bad_request", "The call could not be set up.", kTryAgain],
  401: ["failed", "not_signed_in", "You are not signed in.", "Reload the page."],
  402: ["failed", "payment", "The provider wants payment.", "Check your account's balance."],
  403: ["failed", "forbidden", "This number may not be called.", "Check your account's settings."],
  404: ["failed", "not_found", "This number does not exist.", kCheckNumber],
  407: ["failed", "not_signed_in", "You are not signed in.", "Reload the page."],
  408: ["no_answer", "timeout", "Nobody answered.", "Try again later."],
  410: ["failed", "gone", "This number is no longer in use.", kCheckNumber],
  480: ["no_answer", "unavailable", "The person cannot be reached now.", "Try again later."],
  481: ["failed", "gone", "The call is not there any more.", kTryAgain],
  484: ["failed", "incomplete", "The number is incomplete.", "Add the missing digits."],
  486: ["busy", "busy", "The line is busy.", "Try again later."],
  487: ["cancelled", "cancelled", "The call was cancelled.", ""],
  488: ["failed", "media", "The two sides found no common way to send audio.", kTryAgain],
  491: ["failed", "pending", "Something else is still under way in this call.", kTryLater],
  500: ["failed", "server", "The server had a problem.", kTryLater],
  502: ["failed", "provider", "The provider could not complete the call.", kTryLater],
  503: ["failed", "unavailable_service", "The provider cannot be reached.", kTryLater],
  504: ["failed", "provider_timeout", "The provider did not respond.", kTryLater],
  600: ["busy", "busy", "The line is busy.", "Try again later."],
  603: ["rejected", "declined", "The call was declined.", ""],
  604: ["failed", "not_found", "This number does not exist.", kCheckNumber],
  606: ["failed", "media", "The two sides found no common way to send audio.", kTryAgain],
};

/** Q.850 16, normal call clearing, and SIP 200: the far end just hung up. */
const kNormalCauses = new Set([16, 200]);

const kNoResponse: Problem = {
  code: "no_response",
  sentence: "The phone server did not answer.",
  action: "Try again.",
};

/** What the gateway's refusal of a request means. */
export function responseFailure(message: Core.IncomingResponseMessage): CallFailure {
  // SIP.js itself made up a response without Via: nothing came, or nothing could be sent.
  if (!message.hasHeader("via")) return { outcome: "failed", problem: kNoResponse };
  const reason = firstReason(message.getHeaders("reason"));
  return callFailure(message.statusCode ?? 500, reason?.text);
}

/**
 * What a final status between 300 and 699 means to the caller. `text` comes from the Reason header
 * (RFC 3326): the server knows more than the status says, so its words win, advice included.
 */
export function callFailure(status: number, text = ""): CallFailure {
  const [outcome, code, sentence, action]: Row = kRows[status] ?? [
    "failed",
    `sip_${status}`,
    "The call failed.",
    kTryAgain,
  ];
  const words = text === "" ? { sentence, action } : sentenceAndAction(text);
  return { outcome, problem: { code, ...words } };
}

/** Why the far end hung up, by the BYE's Reason; undefined for the end of a conversation. */
export function farEndProblem(values: readonly string[]): Problem | undefined {
  const reason = firstReason(values);
  if (reason === undefined || reason.text === "") return undefined;
  if (reason.cause === undefined || kNormalCauses.has(reason.cause)) return undefined;
  return { code: "ended", ...sentenceAndAction(reason.text) };
}
