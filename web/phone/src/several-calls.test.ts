import { describe, expect, it } from "vitest";
import { FakeSocket } from "./testing/fake-gateway";
import { FakePeer } from "./testing/fake-media";
import { PhoneHarness } from "./testing/phone-harness";

const page = new PhoneHarness();
const active = () => page.phone.snapshot.activeId;

describe("Several calls", () => {
  it("ring beside the one that is talked in, which stays the active one", async () => {
    await page.connect();
    const { call } = await page.connected();
    const waiting = await page.incoming();
    expect(waiting.snapshot.status).toBe("ringing");
    expect(call.snapshot).toMatchObject({ status: "connected", held: false });
    expect(page.phone.snapshot.calls.map(({ id }) => id)).toEqual([call.id, waiting.id]);
    expect(active()).toBe(call.id);
  });

  it("are answered with the first on hold before", async () => {
    await page.connect();
    const { call } = await page.connected();
    const waiting = await page.incoming();
    void waiting.answer();
    await page.settle();
    expect(waiting.snapshot).toMatchObject({ status: "ringing", pending: "answer" });
    expect(FakeSocket.last.request("INVITE").body).toContain("a=sendonly");
    await page.renegotiated();
    expect(call.snapshot).toMatchObject({ status: "connected", held: true });
    expect(waiting.snapshot).toMatchObject({ status: "connected", held: false });
    expect(active()).toBe(waiting.id);
  });

  it("leave the first where it is when the second is declined", async () => {
    await page.connect();
    const { call } = await page.connected();
    const waiting = await page.incoming();
    waiting.decline();
    await page.settle();
    expect(FakeSocket.last.request("SIP/2.0").startLine).toBe("SIP/2.0 603 Decline");
    expect(call.snapshot).toMatchObject({ status: "connected", held: false });
  });

  it("ring on, with a problem, when the first cannot be put on hold", async () => {
    await page.connect();
    const { call } = await page.connected();
    const waiting = await page.incoming();
    void waiting.answer();
    await page.settle();
    await page.renegotiated("500 Server Internal Error");
    expect(call.snapshot).toMatchObject({ status: "connected", held: false });
    expect(waiting.snapshot).toMatchObject({ status: "ringing", problem: { code: "no_room" } });
    expect(active()).toBe(call.id);
    const streams = page.microphone.getUserMedia.mock.results;
    const stream = (await streams.at(-1)?.value) as MediaStream;
    expect(stream.getAudioTracks()[0]).toMatchObject({ stopped: true });
  });

  it("end the one that is only being set up when another is answered", async () => {
    await page.connect();
    const call = await page.dial();
    FakeSocket.last.answer(FakeSocket.last.request("INVITE"), "180 Ringing");
    const waiting = await page.incoming();
    void waiting.answer();
    await page.settle();
    expect(call.snapshot).toMatchObject({ status: "ended", outcome: "cancelled" });
    expect(waiting.snapshot.status).toBe("connected");
  });

  it("begin with a second INVITE once the first is on hold", async () => {
    await page.connect();
    const { call } = await page.connected();
    const second = await page.dial("4747");
    expect(active()).toBe(second.id);
    expect(FakeSocket.last.request("INVITE").startLine).not.toContain("4747");
    await page.renegotiated();
    expect(FakeSocket.last.request("INVITE").startLine).toContain("sip:4747@");
    expect(call.snapshot.held).toBe(true);
  });

  it("fail before an INVITE when the first cannot be put on hold", async () => {
    await page.connect();
    const { call } = await page.connected();
    const second = await page.dial("4747");
    await page.renegotiated("500 Server Internal Error");
    expect(second.snapshot).toMatchObject({ status: "failed", problem: { code: "no_room" } });
    expect(active()).toBe(call.id);
  });

  it("do not hold the first for one that is given up over the microphone's question", async () => {
    await page.connect();
    const { call } = await page.connected();
    const second = page.phone.call("4747");
    second.hangUp();
    await page.settle();
    expect(call.snapshot).toMatchObject({ held: false });
    expect(call.snapshot.pending).toBeUndefined();
  });

  it("swap, so that never more than one is talked in", async () => {
    await page.connect();
    const { call: first } = await page.connected();
    const { call: second } = await page.connected("4747");
    expect([first.snapshot.held, second.snapshot.held]).toEqual([true, false]);
    void first.resume();
    await page.settle();
    expect(first.snapshot.pending).toBe("resume");
    await page.renegotiated();
    expect([first.snapshot.held, second.snapshot.held]).toEqual([true, true]);
    await page.renegotiated();
    expect([first.snapshot.held, second.snapshot.held]).toEqual([false, true]);
    expect(active()).toBe(first.id);
    expect(FakePeer.peers.map(({ track }) => track?.enabled)).toEqual([true, false]);
  });

  it("return to the one before when one ends, which stays on hold", async () => {
    await page.connect();
    const { call: first } = await page.connected();
    const { call: second } = await page.connected("4747");
    second.hangUp();
    await page.settle();
    expect(active()).toBe(first.id);
    expect(first.snapshot).toMatchObject({ status: "connected", held: true });
    first.hangUp();
    expect(active()).toBeUndefined();
  });

  it("are refused one at a time while another is being set up", async () => {
    await page.connect();
    const first = await page.dial();
    const second = await page.dial("4747");
    expect(second.snapshot.problem?.code).toBe("calling_already");
    expect(first.snapshot.status).toBe("connecting");
    expect(active()).toBe(first.id);
  });

  it("are four at most: the fifth is told so, or busy when it comes in", async () => {
    await page.connect();
    for (const number of ["1", "2", "3", "4"]) await page.connected(number);
    expect(page.phone.snapshot.calls.filter(({ held }) => held)).toHaveLength(3);
    FakeSocket.last.ask("INVITE", [], "v=0 offer");
    await page.settle();
    expect(FakeSocket.last.request("SIP/2.0").startLine).toBe("SIP/2.0 486 Busy Here");
    expect(page.phone.snapshot.calls).toHaveLength(4);
    const fifth = page.phone.call("5");
    expect(fifth.snapshot).toMatchObject({ status: "failed", problem: { code: "too_many_calls" } });
  });
});
