import { describe, expect, it } from "vitest";
import { callFailure, farEndProblem } from "./call-failure";

describe("callFailure", () => {
  it.each([
    [404, "failed", "This number does not exist."],
    [408, "no_answer", "Nobody answered."],
    [480, "no_answer", "The person cannot be reached now."],
    [486, "busy", "The line is busy."],
    [488, "failed", "The two sides found no common way to send audio."],
    [503, "failed", "The provider cannot be reached."],
    [600, "busy", "The line is busy."],
    [603, "rejected", "The call was declined."],
  ])("turns %i into %s: %s", (status, outcome, sentence) => {
    expect(callFailure(status)).toMatchObject({ outcome, problem: { sentence } });
  });

  it("has words and an action for a status it does not know", () => {
    expect(callFailure(499).problem).toEqual({
      code: "sip_499",
      sentence: "The call failed.",
      action: "Call again.",
    });
  });

  it("prefers the server's words, and does not add to its advice", () => {
    expect(callFailure(404, "It is gone. Ask for another. Or not.").problem).toEqual({
      code: "not_found",
      sentence: "It is gone.",
      action: "Ask for another. Or not.",
    });
    expect(callFailure(486, "Ada is on v1.5").problem).toEqual({
      code: "busy",
      sentence: "Ada is on v1.5",
      action: "",
    });
  });
});

describe("farEndProblem", () => {
  it("says why the gateway hung up", () => {
    expect(farEndProblem(['SIP;cause=503;text="It went away."'])?.sentence).toBe("It went away.");
  });

  it.each([
    [[]],
    [["Q.850;cause=16"]],
    [['SIP;cause=200;text="Bye"']],
    [['SIP;text="No cause"']],
    [["SIP;cause=503"]],
  ])("has nothing to say of %j", (values) => {
    expect(farEndProblem(values)).toBeUndefined();
  });
});
