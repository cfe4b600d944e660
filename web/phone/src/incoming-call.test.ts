import { describe, expect, it, vi } from "vitest";
import { FakeSocket } from "./testing/fake-gateway";
import { FakePeer } from "./testing/fake-media";
import { PhoneHarness } from "./testing/phone-harness";

const page = new PhoneHarness();

describe("An incoming call", () => {
  it("rings with the caller's number and name, and is answered", async () => {
    await page.connect();
    const call = await page.incoming();
    expect(call.snapshot).toMatchObject({
      direction: "incoming",
      number: "2125550106",
      name: "Ada",
      status: "ringing",
    });
    void call.answer();
    await page.settle();
    expect(FakeSocket.last.request("SIP/2.0").startLine).toBe("SIP/2.0 200 OK");
    expect(FakeSocket.last.request("SIP/2.0").body).toBe("v=0 answer");
    expect(FakePeer.last.track?.enabled).toBe(true);
    expect(call.snapshot.status).toBe("connected");
  });

  it("is declined with 603", async () => {
    await page.connect();
    const call = await page.incoming();
    call.decline();
    await page.settle();
    expect(FakeSocket.last.request("SIP/2.0").startLine).toBe("SIP/2.0 603 Decline");
    expect(call.snapshot).toMatchObject({ status: "ended", outcome: "rejected" });
  });

  it("ends when the caller gives up", async () => {
    await page.connect();
    const call = await page.incoming();
    FakeSocket.last.ask("CANCEL");
    await page.settle();
    expect(call.snapshot).toMatchObject({ status: "ended", outcome: "cancelled" });
  });

  it("tells when another device took it", async () => {
    await page.connect();
    const call = await page.incoming();
    FakeSocket.last.ask("CANCEL", ['Reason: SIP;cause=200;text="Call completed elsewhere"']);
    await page.settle();
    expect(call.snapshot.problem?.code).toBe("answered_elsewhere");
  });

  it("rings on when the microphone is refused, and can be answered then", async () => {
    page.microphone.getUserMedia.mockRejectedValueOnce(new DOMException("", "NotAllowedError"));
    await page.connect();
    const call = await page.incoming();
    await call.answer();
    expect(call.snapshot).toMatchObject({
      status: "ringing",
      problem: { code: "microphone_denied" },
    });
    void call.answer();
    await page.settle();
    expect(call.snapshot.status).toBe("connected");
    expect(call.snapshot.problem).toBeUndefined();
  });

  it("stops ringing when the connection is lost, and tells the server over the next one", async () => {
    await page.connect();
    const call = await page.incoming();
    FakeSocket.last.lose();
    expect(call.snapshot).toMatchObject({
      status: "ended",
      outcome: "cancelled",
      problem: { code: "connection_lost" },
    });
    await vi.advanceTimersByTimeAsync(500);
    FakeSocket.last.open();
    await page.settle();
    expect(FakeSocket.last.request("SIP/2.0").startLine).toMatch("SIP/2.0 480 ");
  });

  it("is not answered to nobody when the connection is lost over the microphone's question", async () => {
    let allow: (stream: MediaStream) => void = () => undefined;
    page.microphone.getUserMedia.mockReturnValue(new Promise((resolve) => (allow = resolve)));
    await page.connect();
    const call = await page.incoming();
    void call.answer();
    FakeSocket.last.lose();
    const stream = new MediaStream();
    allow(stream);
    await page.settle();
    expect(call.snapshot).toMatchObject({ status: "ended", outcome: "cancelled" });
    expect(stream.getAudioTracks()[0]).toMatchObject({ stopped: true });
  });

  it("outlives the connection once it is answered", async () => {
    await page.connect();
    const call = await page.incoming();
    void call.answer();
    await page.settle();
    FakeSocket.last.lose();
    expect(call.snapshot.status).toBe("connected");
  });
});
