import { describe, expect, it } from "vitest";
import { FakeEngine, fakeCall } from "../testing/fake-engine";
import { activeCall, incomingCall, lastCall, otherCalls } from "./calls-slice";
import { createPhoneStore } from "./phone-store";

const snapshot = (...calls: ReturnType<typeof fakeCall>[]) => new FakeEngine({ calls }).snapshot;

describe("The phone store", () => {
  it("is connecting until the engine has come, and ignores commands until then", async () => {
    const engine = new FakeEngine();
    const loading = Promise.resolve(engine);
    const store = createPhoneStore(loading);
    expect(store.getState().connection).toBe("connecting");
    expect(store.getState().loaded).toBe(false);
    store.getState().call("1");
    await loading;
    expect(store.getState().loaded).toBe(true);
    expect(engine.commands).toEqual(["connect"]);
    expect(store.getState().connection).toBe("online");
  });

  it("says so when the engine could not be loaded", async () => {
    const store = createPhoneStore(Promise.reject(new Error("offline")));
    await Promise.resolve();
    await Promise.resolve();
    expect(store.getState()).toMatchObject({
      loaded: false,
      connection: "offline",
      problem: { code: "not_loaded" },
    });
  });

  it("passes commands to the call that is meant, and none to one that is gone", async () => {
    const engine = new FakeEngine({ calls: [fakeCall()] });
    const store = createPhoneStore(Promise.resolve(engine));
    await Promise.resolve();
    store.getState().hangUp("call-1");
    store.getState().hangUp("call-9");
    store.getState().hold("call-1");
    store.getState().resume("call-1");
    store.getState().transfer("call-1", "4443");
    store.getState().transfer("call-1", { id: "call-2" });
    store.getState().dismissTransfer("call-1");
    expect(engine.commands).toEqual([
      "connect",
      "hangUp call-1",
      "hold call-1",
      "resume call-1",
      "transfer to 4443: call-1",
      "transfer to call-2: call-1",
      "dismissTransfer call-1",
    ]);
  });
});

describe("Selectors", () => {
  const incoming = fakeCall({ id: "in", direction: "incoming", status: "ringing" });
  const talking = fakeCall({ id: "talk", status: "connected" });
  const over = fakeCall({ id: "over", status: "failed" });

  it("tell the incoming, the active and the last call apart", () => {
    const phone = snapshot(over, talking, incoming);
    expect(incomingCall(phone)?.id).toBe("in");
    expect(activeCall(phone)?.id).toBe("talk");
    expect(lastCall(phone)?.id).toBe("over");
  });

  it("find an answered incoming call active", () => {
    const phone = snapshot({ ...incoming, status: "connecting" });
    expect(incomingCall(phone)).toBeUndefined();
    expect(activeCall(phone)?.id).toBe("in");
  });

  it("list the others under way, without the one that rings", () => {
    const held = fakeCall({ id: "held", status: "connected", held: true });
    const phone = snapshot(over, held, talking, incoming);
    expect(activeCall(phone)?.id).toBe("talk");
    expect(otherCalls(phone).map(({ id }) => id)).toEqual(["held"]);
  });

  it("forget the active call with the last one", async () => {
    const engine = new FakeEngine({ calls: [talking] });
    const store = createPhoneStore(Promise.resolve(engine));
    await Promise.resolve();
    expect(activeCall(store.getState())?.id).toBe("talk");
    engine.show({ calls: [over] });
    expect(store.getState().activeId).toBeUndefined();
    expect(activeCall(store.getState())).toBeUndefined();
  });

  it("find nothing in a phone at rest", () => {
    const phone = snapshot();
    expect([incomingCall(phone), activeCall(phone), lastCall(phone)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
