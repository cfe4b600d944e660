import type { CallSnapshot } from "@offhook/phone";
import { isTransferring } from "./transfer-words";

/** Failures that have a word of their own. */
const kFailures: Readonly<Record<string, string>> = {
  forbidden: "Call not allowed",
  not_found: "Number does not exist",
  incomplete: "Number is not valid",
  provider_timeout: "Provider does not answer",
};

/** The state of a call in words, as short as a display has them. */
export function callWords(call: CallSnapshot): string {
  const { direction, outcome, problem, startedAt, status } = call;
  switch (status) {
    case "connecting":
      return "Connecting…";
    case "ringing":
      return direction === "incoming" ? "Incoming call" : "Ringing…";
    case "connected":
      return connectedWords(call);
    case "ended":
    case "failed":
      break;
  }
  if (outcome === "transferred") return "Transferred";
  if (startedAt !== undefined) return outcome === "failed" ? "Call lost" : "Call ended";
  if (direction === "incoming") {
    if (outcome === "rejected") return "Declined";
    return problem === undefined ? "Missed call" : "Not answered";
  }
  switch (outcome) {
    case "busy":
      return "Busy";
    case "no_answer":
      return "No answer";
    case "rejected":
      return "Declined";
    case "cancelled":
      return "Cancelled";
    default:
      return kFailures[problem?.code ?? ""] ?? "Call failed";
  }
}

function connectedWords(call: CallSnapshot): string {
  if (isTransferring(call)) return "Transferring…";
  if (call.held) return "On hold";
  return call.remoteHeld ? "On hold by the other side" : "Connected";
}
