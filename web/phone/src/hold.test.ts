import { describe, expect, it } from "vitest";
import { FakeSocket } from "./testing/fake-gateway";
import { FakePeer } from "./testing/fake-media";
import { PhoneHarness } from "./testing/phone-harness";

const page = new PhoneHarness();
const playing = () => [...document.querySelectorAll("audio")].at(-1)?.srcObject;

describe("A call on hold", () => {
  it("is offered as sendonly, with the microphone silent at once, and sendrecv again", async () => {
    await page.connect();
    const { call } = await page.connected();
    void call.hold();
    await page.settle();
    expect(FakePeer.last.track?.enabled).toBe(false);
    expect(call.snapshot).toMatchObject({ held: false, pending: "hold" });
    expect(FakeSocket.last.request("INVITE").body).toContain("a=sendonly");
    await page.renegotiated();
    expect(call.snapshot.held).toBe(true);
    expect(call.snapshot.pending).toBeUndefined();
    expect(playing()).toBeNull();

    void call.resume();
    await page.settle();
    expect(FakeSocket.last.request("INVITE").body).not.toContain("a=sendonly");
    await page.renegotiated();
    expect(call.snapshot).toMatchObject({ status: "connected", held: false });
    expect(FakePeer.last.track?.enabled).toBe(true);
    expect(playing()).not.toBeNull();
  });

  it("stays muted when it was muted before", async () => {
    await page.connect();
    const { call } = await page.connected();
    call.mute(true);
    void call.hold();
    await page.settle();
    await page.renegotiated();
    void call.resume();
    await page.settle();
    await page.renegotiated();
    expect(call.snapshot).toMatchObject({ muted: true, held: false });
    expect(FakePeer.last.track?.enabled).toBe(false);
  });

  it("goes on as before, with a hint, when the hold is refused, and can be held then", async () => {
    await page.connect();
    const { call } = await page.connected();
    const held = call.hold();
    await page.settle();
    await page.renegotiated("488 Not Acceptable Here");
    expect(await held).toBe(false);
    expect(call.snapshot).toMatchObject({ held: false, hint: { code: "hold_failed" } });
    expect(call.snapshot.pending).toBeUndefined();
    expect(FakePeer.last).toMatchObject({ direction: "sendrecv", signalingState: "stable" });
    expect(FakePeer.last.track?.enabled).toBe(true);
    void call.hold();
    await page.settle();
    expect(call.snapshot.hint).toBeUndefined();
    await page.renegotiated();
    expect(call.snapshot.held).toBe(true);
  });

  it("is asked for once, however often the user wants it", async () => {
    await page.connect();
    const { call } = await page.connected();
    const first = call.hold();
    const second = call.hold();
    await page.settle();
    await page.renegotiated();
    expect(await Promise.all([first, second])).toEqual([true, true]);
    const reinvites = FakeSocket.last.received.filter(({ method }) => method === "INVITE");
    expect(reinvites).toHaveLength(2);
  });

  it("is not held without a connection, and says so", async () => {
    await page.connect();
    const { call } = await page.connected();
    FakeSocket.last.lose();
    expect(await call.hold()).toBe(false);
    expect(call.snapshot).toMatchObject({ status: "connected", hint: { code: "hold_failed" } });
    expect(FakePeer.last.track?.enabled).toBe(true);
  });

  it("lets go of whoever waits for it when it ends meanwhile", async () => {
    await page.connect();
    const { call, invite } = await page.connected();
    const held = call.hold();
    await page.settle();
    FakeSocket.last.bye(invite);
    await held;
    expect(call.snapshot).toMatchObject({ status: "ended", outcome: "completed", held: false });
    expect(call.snapshot.pending).toBeUndefined();
  });

  it("is not heard when the gateway offers anew meanwhile", async () => {
    await page.connect();
    const { call, invite } = await page.connected();
    void call.hold();
    await page.settle();
    await page.renegotiated();
    FakeSocket.last.inDialog("INVITE", invite, [], "v=0 new offer");
    await page.settle();
    expect(FakeSocket.last.request("SIP/2.0").body).toContain("a=sendonly");
    expect(call.snapshot.held).toBe(true);
    expect(playing()).toBeNull();
  });

  it("sends no digits", async () => {
    await page.connect();
    const { call } = await page.connected();
    void call.hold();
    await page.settle();
    await page.renegotiated();
    expect(call.sendDigit("5")).toBe(false);
  });

  it("is not held before it is answered", async () => {
    await page.connect();
    const call = await page.dial();
    expect(await call.hold()).toBe(false);
    expect(call.snapshot.hint).toBeUndefined();
  });

  it.each(["sendonly", "inactive"])("knows that the far end holds, by %s", async (direction) => {
    await page.connect();
    const { call, invite } = await page.connected();
    FakeSocket.last.inDialog("INVITE", invite, [], `v=0\r\na=${direction}\r\n`);
    await page.settle();
    expect(call.snapshot).toMatchObject({ held: false, remoteHeld: true });
    FakeSocket.last.inDialog("ACK", invite);
    await page.settle();
    FakeSocket.last.inDialog("INVITE", invite, [], "v=0\r\na=sendrecv\r\n");
    await page.settle();
    expect(call.snapshot.remoteHeld).toBe(false);
  });
});
