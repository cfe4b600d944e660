import { describe, expect, it, vi } from "vitest";
import { FakeSocket } from "./testing/fake-gateway";
import { FakePeer } from "./testing/fake-media";
import { PhoneHarness } from "./testing/phone-harness";

const page = new PhoneHarness();

describe("An outgoing call", () => {
  it("goes from connecting over ringing to connected and ends when the user hangs up", async () => {
    await page.connect();
    const call = await page.dial("555-555-0101");
    const invite = FakeSocket.last.request("INVITE");
    expect(invite.startLine).toBe("INVITE sip:5555550101@offhook.invalid SIP/2.0");
    expect(invite.body).toBe("v=0 offer");
    expect(call.snapshot.status).toBe("connecting");

    FakeSocket.last.answer(invite, "183 Session Progress", { sdp: "v=0 answer" });
    await page.settle();
    expect(call.snapshot.status).toBe("connecting");
    expect(FakePeer.last.remote).toEqual(["v=0 answer"]);

    FakeSocket.last.answer(invite, "180 Ringing");
    await page.settle();
    expect(call.snapshot.status).toBe("ringing");

    FakeSocket.last.answer(invite, "200 OK", { sdp: "v=0 answer" });
    await page.settle();
    expect(call.snapshot).toMatchObject({ status: "connected", startedAt: Date.now() });
    expect(FakePeer.last.remote).toHaveLength(1);
    expect(FakeSocket.last.has("ACK")).toBe(true);

    call.hangUp();
    await page.settle();
    expect(call.snapshot).toMatchObject({ status: "ended", outcome: "completed" });
    expect(FakeSocket.last.has("BYE")).toBe(true);
    expect(FakePeer.last.signalingState).toBe("closed");
    expect(FakePeer.last.track?.stopped).toBe(true);
  });

  it("asks for no STUN server and does not wait for candidates", async () => {
    await page.connect();
    await page.dial();
    expect(FakePeer.last.configuration.iceServers).toEqual([]);
    expect(FakeSocket.last.has("INVITE")).toBe(true);
  });

  it("escapes a number sign in the request's address", async () => {
    await page.connect();
    await page.dial("*97#");
    expect(FakeSocket.last.request("INVITE").startLine).toContain(" sip:*97%23@offhook.invalid ");
  });

  it("tells why it failed in the server's words before its own", async () => {
    await page.connect();
    const call = await page.dial();
    const headers = ['Reason: SIP;cause=486;text="Ada is on the page.phone."'];
    FakeSocket.last.answer(FakeSocket.last.request("INVITE"), "486 Busy Here", { headers });
    await page.settle();
    expect(call.snapshot).toMatchObject({ status: "failed", outcome: "busy" });
    expect(call.snapshot.problem?.sentence).toBe("Ada is on the page.phone.");
    expect(FakePeer.last.signalingState).toBe("closed");
  });

  it("does not blame the far end when the server does not answer", async () => {
    await page.connect();
    const call = await page.dial();
    await vi.advanceTimersByTimeAsync(32_000);
    expect(call.snapshot).toMatchObject({ status: "failed", problem: { code: "no_response" } });
  });

  it("is cancelled while ringing, at once for the user", async () => {
    await page.connect();
    const call = await page.dial();
    const invite = FakeSocket.last.request("INVITE");
    FakeSocket.last.answer(invite, "180 Ringing");
    await page.settle();
    call.hangUp();
    expect(call.snapshot).toMatchObject({ status: "ended", outcome: "cancelled" });
    await page.settle();
    expect(FakeSocket.last.has("CANCEL")).toBe(true);
  });

  it("says BYE when the answer crosses the cancellation", async () => {
    await page.connect();
    const call = await page.dial();
    const invite = FakeSocket.last.request("INVITE");
    FakeSocket.last.answer(invite, "180 Ringing");
    await page.settle();
    call.hangUp();
    FakeSocket.last.answer(invite, "200 OK", { sdp: "v=0" });
    await page.settle();
    expect(FakeSocket.last.has("BYE")).toBe(true);
    expect(call.snapshot.outcome).toBe("cancelled");
  });

  it("ends when the far end hangs up", async () => {
    await page.connect();
    const { call, invite } = await page.connected();
    FakeSocket.last.bye(invite);
    await page.settle();
    expect(call.snapshot).toMatchObject({ status: "ended", outcome: "completed" });
    expect(call.snapshot.problem).toBeUndefined();
  });

  it("answers a new offer of the gateway and goes on", async () => {
    await page.connect();
    const { call, invite } = await page.connected();
    FakeSocket.last.inDialog("INVITE", invite, [], "v=0 new offer");
    await page.settle();
    const response = FakeSocket.last.request("SIP/2.0");
    expect(response.startLine).toBe("SIP/2.0 200 OK");
    expect(response.body).toBe("v=0 answer");
    expect(FakePeer.last.remote.at(-1)).toBe("v=0 new offer");
    expect(call.snapshot.status).toBe("connected");
  });

  it("tells why the gateway hung up", async () => {
    await page.connect();
    const { call, invite } = await page.connected();
    FakeSocket.last.bye(invite, [
      'Reason: SIP;cause=503;text="The provider went away.", Q.850;cause=16',
    ]);
    await page.settle();
    expect(call.snapshot.problem?.sentence).toBe("The provider went away.");
  });

  it("fails without an INVITE when the microphone is refused", async () => {
    page.microphone.getUserMedia.mockRejectedValue(new DOMException("", "NotAllowedError"));
    await page.connect();
    const call = await page.dial();
    expect(call.snapshot).toMatchObject({ status: "failed", outcome: "failed" });
    expect(call.snapshot.problem?.code).toBe("microphone_denied");
    expect(FakeSocket.last.has("INVITE")).toBe(false);
    expect(FakePeer.last.signalingState).toBe("closed");
  });

  it("can be given up while the microphone's question is open, and then stops the microphone", async () => {
    let allow: (stream: MediaStream) => void = () => undefined;
    page.microphone.getUserMedia.mockReturnValue(new Promise((resolve) => (allow = resolve)));
    await page.connect();
    const call = page.phone.call("4443");
    await vi.advanceTimersByTimeAsync(4000);
    expect(call.snapshot.hint?.code).toBe("microphone_prompt");
    call.hangUp();
    expect(call.snapshot.hint).toBeUndefined();
    const stream = new MediaStream();
    allow(stream);
    await page.settle();
    expect(stream.getAudioTracks()[0]).toMatchObject({ stopped: true });
    expect(FakeSocket.last.has("INVITE")).toBe(false);
  });

  it.each(["7".repeat(33), `+${"7".repeat(33)}`])(
    "refuses %s, which nobody dials",
    async (typed) => {
      await page.connect();
      expect(page.phone.call(typed).snapshot.problem?.code).toBe("number_too_long");
      expect(page.phone.call("7".repeat(32)).snapshot.status).toBe("connecting");
    },
  );

  it("fails at once, with words, when there is no connection", () => {
    const call = page.phone.call("4443");
    expect(call.snapshot).toMatchObject({ status: "failed", problem: { code: "offline" } });
  });

  it("survives a lost connection and delivers the hang-up over the next one", async () => {
    await page.connect();
    const { call } = await page.connected();
    FakeSocket.last.lose();
    expect(call.snapshot.status).toBe("connected");
    call.hangUp();
    expect(call.snapshot.status).toBe("ended");
    await vi.advanceTimersByTimeAsync(500);
    FakeSocket.last.open();
    await page.settle();
    expect(FakeSocket.last.has("BYE")).toBe(true);
  });

  it("mutes the microphone, also before it is there", async () => {
    await page.connect();
    const call = page.phone.call("4443");
    call.mute(true);
    await page.settle();
    expect(FakePeer.last.track?.enabled).toBe(false);
    call.mute(false);
    expect(FakePeer.last.track?.enabled).toBe(true);
    expect(call.snapshot.muted).toBe(false);
  });

  it("sends digits as telephone-events", async () => {
    await page.connect();
    const { call } = await page.connected();
    expect(call.sendDigit("5")).toBe(true);
    expect(call.sendDigit("x")).toBe(false);
    expect(FakePeer.last.digits).toEqual(["5"]);
    expect(FakeSocket.last.has("INFO")).toBe(false);
  });

  it("sends digits by INFO where telephone-events were not negotiated", async () => {
    await page.connect();
    const { call } = await page.connected();
    FakePeer.last.canInsertDTMF = false;
    expect(call.sendDigit("#")).toBe(true);
    await page.settle();
    const info = FakeSocket.last.request("INFO");
    expect(info.header("Content-Type")).toBe("application/dtmf-relay");
    expect(info.body).toBe("Signal=#\r\nDuration=160");
  });

  it("says that a digit was not sent before there is a way for it", async () => {
    await page.connect();
    const call = await page.dial();
    FakePeer.last.canInsertDTMF = false;
    expect(call.sendDigit("5")).toBe(false);
  });

  it("goes on without its microphone, and says so also when its audio connects later", async () => {
    await page.connect();
    const { call } = await page.connected();
    FakePeer.last.track?.onended?.();
    FakePeer.last.becomes("connected");
    expect(call.snapshot).toMatchObject({
      status: "connected",
      hint: { code: "microphone_gone", sentence: "The microphone is gone." },
    });
  });

  it("ends at both sides when its audio is lost for good", async () => {
    await page.connect();
    const { call } = await page.connected();
    FakePeer.last.becomes("disconnected");
    expect(call.snapshot.hint?.code).toBe("media_interrupted");
    FakePeer.last.becomes("failed");
    await vi.advanceTimersByTimeAsync(1000);
    expect(call.snapshot).toMatchObject({ status: "failed", problem: { code: "media_lost" } });
    expect(FakeSocket.last.has("BYE")).toBe(true);
  });

  it("takes a BYE that follows the end of its audio for the ordinary end it is", async () => {
    await page.connect();
    const { call, invite } = await page.connected();
    FakePeer.last.becomes("failed");
    FakeSocket.last.bye(invite);
    await vi.advanceTimersByTimeAsync(2000);
    expect(call.snapshot).toMatchObject({ status: "ended", outcome: "completed" });
  });

  it("is cancelled at the server when the answer cannot be applied", async () => {
    await page.connect();
    const call = await page.dial();
    FakePeer.last.failRemote = true;
    FakeSocket.last.answer(FakeSocket.last.request("INVITE"), "183 Session Progress", { sdp: "v" });
    await page.settle();
    expect(call.snapshot).toMatchObject({ status: "failed", problem: { code: "media" } });
    expect(FakeSocket.last.has("CANCEL")).toBe(true);
  });

  it("makes room for the next call and can be dismissed once it is over", async () => {
    const first = page.phone.call("1");
    const second = page.phone.call("2");
    expect(page.phone.snapshot.calls.map(({ id }) => id)).toEqual([second.id]);
    page.phone.dismiss(first.id);
    page.phone.dismiss(second.id);
    expect(page.phone.snapshot.calls).toEqual([]);
    await page.connect();
    const { call } = await page.connected();
    page.phone.dismiss(call.id);
    expect(page.phone.snapshot.calls).toHaveLength(1);
  });
});
