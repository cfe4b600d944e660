import { describe, expect, it, vi } from "vitest";
import type { Call } from "./call";
import { FakeSocket, type SipText } from "./testing/fake-gateway";
import { FakePeer } from "./testing/fake-media";
import { PhoneHarness } from "./testing/phone-harness";

const page = new PhoneHarness();
const answer = (status: string, headers: readonly string[] = []) =>
  FakeSocket.last.answer(FakeSocket.last.request("REFER"), status, { headers });

/** A transfer that the gateway has accepted. */
async function underWay(to: string | Call) {
  const { call, invite } = await page.connected();
  call.transfer(to);
  await page.settle();
  answer("202 Accepted");
  await page.settle();
  return { call, invite };
}

/** Two calls, the first on hold. */
async function two() {
  const first = await page.connected();
  const second = await page.connected("5555550104");
  return { first, second };
}

async function notify(invite: SipText, status: string, headers: readonly string[] = []) {
  FakeSocket.last.notify(invite, status, headers);
  await page.settle();
}

describe("A blind transfer", () => {
  it("refers to the number and goes over trying and ringing to transferred", async () => {
    await page.connect();
    const { call, invite } = await page.connected();
    call.transfer("555-555-0104#");
    expect(call.snapshot.transfer).toEqual({ to: "5555550104#", state: "requested" });
    await page.settle();
    const refer = FakeSocket.last.request("REFER");
    expect(refer.header("Refer-To")).toBe("sip:5555550104%23@offhook.invalid");
    expect(refer.header("Call-ID")).toBe(invite.header("Call-ID"));
    answer("202 Accepted");
    await page.settle();
    expect(call.snapshot.transfer?.state).toBe("requested");
    await notify(invite, "100 Trying");
    expect(call.snapshot.transfer?.state).toBe("trying");
    expect(FakeSocket.last.request("SIP/2.0").startLine).toBe("SIP/2.0 200 OK");
    await notify(invite, "180 Ringing");
    expect(call.snapshot).toMatchObject({ status: "connected", transfer: { state: "ringing" } });
    await notify(invite, "200 OK");
    expect(call.snapshot).toMatchObject({ status: "ended", outcome: "transferred" });
    expect(call.snapshot.transfer).toBeUndefined();
    expect(call.snapshot.problem).toBeUndefined();
    expect(FakePeer.last.signalingState).toBe("closed");
    FakeSocket.last.bye(invite);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(FakeSocket.last.has("BYE")).toBe(false);
    expect(call.snapshot.outcome).toBe("transferred");
  });

  it("hangs up itself when the gateway's BYE is lost", async () => {
    await page.connect();
    const { invite } = await underWay("5555550104");
    await notify(invite, "200 OK");
    await vi.advanceTimersByTimeAsync(4999);
    expect(FakeSocket.last.has("BYE")).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(FakeSocket.last.has("BYE")).toBe(true);
  });

  it("fails in the gateway's words, and the call goes on and can be transferred again", async () => {
    await page.connect();
    const { call, invite } = await underWay("5555550102");
    await notify(invite, "100 Trying");
    await notify(invite, "486 Busy Here", ['Reason: SIP;cause=486;text="Ada is busy. Wait."']);
    expect(call.snapshot).toMatchObject({
      status: "connected",
      held: false,
      transfer: {
        to: "5555550102",
        state: "failed",
        problem: { code: "busy", sentence: "Ada is busy.", action: "Wait." },
      },
    });
    expect(FakePeer.last.track?.enabled).toBe(true);
    call.transfer("4443");
    await page.settle();
    expect(call.snapshot.transfer).toEqual({ to: "4443", state: "requested" });
    expect(FakeSocket.last.request("REFER").header("Refer-To")).toContain("sip:4443@");
  });

  it("has words of its own where the gateway gives none", async () => {
    await page.connect();
    const { call, invite } = await underWay("5555550103");
    await notify(invite, "404 Not Found");
    expect(call.snapshot.transfer?.problem?.sentence).toBe("This number does not exist.");
  });

  it("is refused at once, in the gateway's words", async () => {
    await page.connect();
    const { call } = await page.connected();
    call.transfer("1900");
    await page.settle();
    answer("403 Forbidden", ['Reason: SIP;cause=403;text="Not allowed."']);
    await page.settle();
    expect(call.snapshot.transfer).toMatchObject({
      state: "failed",
      problem: { code: "forbidden", sentence: "Not allowed." },
    });
  });

  it("fails, and does not blame the far end, when the server does not answer", async () => {
    await page.connect();
    const { call } = await page.connected();
    call.transfer("4443");
    await vi.advanceTimersByTimeAsync(32_000);
    expect(call.snapshot.transfer?.problem?.code).toBe("no_response");
  });

  it("is under way although the gateway's 202 was lost", async () => {
    await page.connect();
    const { call, invite } = await page.connected();
    call.transfer("4443");
    await page.settle();
    await notify(invite, "180 Ringing");
    await vi.advanceTimersByTimeAsync(32_000);
    expect(call.snapshot.transfer?.state).toBe("ringing");
  });

  it.each([
    ["", "no_number"],
    ["7".repeat(33), "number_too_long"],
  ])("to “%s” is not asked for", async (to, code) => {
    await page.connect();
    const { call } = await page.connected();
    call.transfer(to);
    await page.settle();
    expect(call.snapshot.transfer).toMatchObject({ state: "failed", problem: { code } });
    expect(FakeSocket.last.has("REFER")).toBe(false);
    call.dismissTransfer();
    expect(call.snapshot.transfer).toBeUndefined();
  });

  it("is one at a time", async () => {
    await page.connect();
    const { call } = await underWay("4443");
    call.transfer("4747");
    call.dismissTransfer();
    expect(call.snapshot.transfer?.to).toBe("4443");
  });

  it("does not begin before the answer", async () => {
    await page.connect();
    const call = await page.dial();
    call.transfer("4443");
    expect(call.snapshot.transfer).toBeUndefined();
  });

  it("goes on when the user hangs up", async () => {
    await page.connect();
    const { call, invite } = await underWay("4443");
    call.hangUp();
    await page.settle();
    expect(FakeSocket.last.has("BYE")).toBe(true);
    expect(call.snapshot).toMatchObject({ status: "ended", outcome: "completed" });
    expect(call.snapshot.transfer).toBeUndefined();
    await notify(invite, "200 OK");
    expect(call.snapshot.outcome).toBe("completed");
  });

  it("ends with the call when the far end hangs up meanwhile", async () => {
    await page.connect();
    const { call, invite } = await underWay("4443");
    FakeSocket.last.bye(invite);
    await page.settle();
    expect(call.snapshot).toMatchObject({ status: "ended", outcome: "completed" });
    expect(call.snapshot.transfer).toBeUndefined();
  });

  it.each(["", "nonsense", "SIP/2.0 abc", "SIP/2.0 99"])(
    "takes a notification of “%s” for none",
    async (body) => {
      await page.connect();
      const { call, invite } = await underWay("4443");
      FakeSocket.last.inDialog("NOTIFY", invite, ["Event: refer"], body, "message/sipfrag");
      await page.settle();
      expect(call.snapshot.transfer?.state).toBe("requested");
      expect(FakeSocket.last.request("SIP/2.0").startLine).toBe("SIP/2.0 200 OK");
    },
  );
});

describe("An attended transfer", () => {
  it("refers to the other call's dialog and ends both as transferred", async () => {
    await page.connect();
    const { first, second } = await two();
    first.call.transfer(second.call);
    await page.settle();
    const refer = FakeSocket.last.request("REFER");
    expect(refer.header("Call-ID")).toBe(first.invite.header("Call-ID"));
    const tag = /tag=([^;]+)/.exec(second.invite.header("From"))?.[1] ?? "";
    const replaces = `${second.invite.header("Call-ID")};to-tag=gateway;from-tag=${tag}`;
    expect(refer.header("Refer-To")).toContain(`?Replaces=${encodeURIComponent(replaces)}>`);
    expect(first.call.snapshot.transfer?.to).toBe("5555550104");
    answer("202 Accepted");
    await notify(first.invite, "200 OK");
    for (const { call } of [first, second]) {
      expect(call.snapshot).toMatchObject({ status: "ended", outcome: "transferred" });
    }
  });

  it("takes the end of the other call for a part of it, though that comes first", async () => {
    await page.connect();
    const { first, second } = await two();
    first.call.transfer(second.call);
    await page.settle();
    answer("202 Accepted");
    FakeSocket.last.bye(second.invite);
    await notify(first.invite, "100 Trying");
    expect(second.call.snapshot).toMatchObject({ status: "ended", outcome: "transferred" });
    await notify(first.invite, "200 OK");
    expect(first.call.snapshot.outcome).toBe("transferred");
  });

  it("takes it for what it is when the gateway has refused", async () => {
    await page.connect();
    const { first, second } = await two();
    first.call.transfer(second.call);
    await page.settle();
    answer("491 Request Pending");
    FakeSocket.last.bye(second.invite);
    await page.settle();
    expect(first.call.snapshot.transfer?.problem?.code).toBe("pending");
    expect(second.call.snapshot.outcome).toBe("completed");
  });

  it("leaves both calls as they were when it fails", async () => {
    await page.connect();
    const { first, second } = await two();
    first.call.transfer(second.call);
    await page.settle();
    answer("202 Accepted");
    await notify(first.invite, "503 Service Unavailable");
    expect(first.call.snapshot).toMatchObject({ held: true, transfer: { state: "failed" } });
    expect(second.call.snapshot).toMatchObject({ status: "connected", held: false });
  });

  it("waits until the other call is answered", async () => {
    await page.connect();
    const first = await page.connected();
    const second = await page.dial("5555550101");
    await page.renegotiated();
    first.call.transfer(second);
    await page.settle();
    expect(first.call.snapshot.transfer?.problem?.code).toBe("not_answered");
    first.call.transfer(first.call);
    first.call.transfer({ id: "call-0" });
    await page.settle();
    expect(FakeSocket.last.has("REFER")).toBe(false);
  });

  it("begins with a call that knows for which one it asks", async () => {
    await page.connect();
    const first = await page.connected();
    const second = page.phone.call("4747", { consultFor: first.call.id });
    expect(second.snapshot.consultFor).toBe(first.call.id);
  });
});
