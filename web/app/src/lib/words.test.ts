import { describe, expect, it } from "vitest";
import { fakeCall } from "../testing/fake-engine";
import { callWords } from "./call-words";
import { formatDuration } from "./format-duration";
import { formatNumber } from "./format-number";

describe("callWords", () => {
  it.each([
    ["Ringing…", { status: "ringing" }],
    ["Incoming call", { status: "ringing", direction: "incoming" }],
    ["Busy", { status: "failed", outcome: "busy" }],
    ["No answer", { status: "failed", outcome: "no_answer" }],
    ["Declined", { status: "failed", outcome: "rejected" }],
    ["Cancelled", { status: "ended", outcome: "cancelled" }],
    ["Call failed", { status: "failed", outcome: "failed" }],
    [
      "Number does not exist",
      {
        status: "failed",
        outcome: "failed",
        problem: { code: "not_found", sentence: "", action: "" },
      },
    ],
    [
      "Call not allowed",
      {
        status: "failed",
        outcome: "failed",
        problem: { code: "forbidden", sentence: "", action: "" },
      },
    ],
    ["On hold", { status: "connected", held: true }],
    ["On hold by the other side", { status: "connected", remoteHeld: true }],
    [
      "Transferring…",
      { status: "connected", held: true, transfer: { to: "4443", state: "trying" } },
    ],
    ["Connected", { status: "connected", transfer: { to: "4443", state: "failed" } }],
    ["Transferred", { status: "ended", outcome: "transferred", startedAt: 1 }],
    ["Call ended", { status: "ended", outcome: "completed", startedAt: 1 }],
    ["Call lost", { status: "failed", outcome: "failed", startedAt: 1 }],
    ["Missed call", { status: "ended", outcome: "cancelled", direction: "incoming" }],
    ["Declined", { status: "ended", outcome: "rejected", direction: "incoming" }],
  ] as const)("says %s", (words, patch) => {
    expect(callWords(fakeCall(patch))).toBe(words);
  });
});

describe("formatDuration", () => {
  it.each([
    [-5, "0:00"],
    [999, "0:00"],
    [61_000, "1:01"],
    [3_723_000, "1:02:03"],
  ])("writes %i ms as %s", (milliseconds, written) => {
    expect(formatDuration(milliseconds)).toBe(written);
  });
});

describe("formatNumber", () => {
  it.each([
    ["6045550123", "(604) 555-0123"],
    ["16045550123", "1 (604) 555-0123"],
    ["+16045550123", "+1 (604) 555-0123"],
    ["4443", "4443"],
    ["+442079460000", "+442079460000"],
    ["*97", "*97"],
    ["1045550123", "1045550123"],
  ])("writes %s as %s", (number, written) => {
    expect(formatNumber(number)).toBe(written);
  });
});
