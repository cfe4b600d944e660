import { beforeEach, describe, expect, it, vi } from "vitest";
import { instanceId } from "./instance-id";

const kUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Locks that another tab holds, or none. */
function installLocks(held: boolean): void {
  const request = (_name: string, _options: object, hold: () => Promise<never>) => {
    if (held) return Promise.reject(new DOMException("", "TimeoutError"));
    return hold();
  };
  Object.defineProperty(navigator, "locks", { configurable: true, value: { request } });
}

beforeEach(() => {
  sessionStorage.clear();
  installLocks(false);
});

describe("instanceId", () => {
  it("is a UUID that a reload keeps", async () => {
    const id = await instanceId();
    expect(id).toMatch(kUuid);
    expect(await instanceId()).toBe(id);
  });

  it("is another one in a duplicated tab", async () => {
    const id = await instanceId();
    installLocks(true);
    expect(await instanceId()).not.toBe(id);
  });

  it("is replaced when the storage holds nonsense", async () => {
    sessionStorage.setItem("offhook.instance", "nonsense");
    expect(await instanceId()).toMatch(kUuid);
  });

  it("does without storage and without locks", async () => {
    vi.stubGlobal("sessionStorage", undefined);
    Object.defineProperty(navigator, "locks", { configurable: true, value: undefined });
    expect(await instanceId()).toMatch(kUuid);
  });
});
