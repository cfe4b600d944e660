import { beforeEach, afterEach, describe, expect, it, vi } from "vitest";
import { Connection } from "./connection";
import { ProblemError } from "./problem";

const problem = { code: "gateway_unreachable", sentence: "It is away.", action: "Wait." };

class FakeLink {
  readonly open = vi.fn<() => Promise<void>>().mockResolvedValue();
  readonly close = vi.fn();
}

let link: FakeLink;
let connection: Connection;

beforeEach(() => {
  vi.useFakeTimers();
  link = new FakeLink();
  connection = new Connection(link, () => 1);
});

afterEach(() => {
  connection.stop();
  vi.useRealTimers();
});

describe("Connection", () => {
  it("is offline, then connecting, then online", async () => {
    expect(connection.snapshot.state).toBe("offline");
    connection.start();
    expect(connection.snapshot.state).toBe("connecting");
    await vi.advanceTimersByTimeAsync(0);
    expect(connection.snapshot).toEqual({ state: "online" });
  });

  it("tries for ever, with growing waits, and says why", async () => {
    link.open.mockRejectedValue(new ProblemError(problem));
    connection.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(connection.snapshot).toEqual({ state: "connecting", problem });
    const attempts = [];
    for (const wait of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      await vi.advanceTimersByTimeAsync(wait - 1);
      attempts.push(link.open.mock.calls.length);
      await vi.advanceTimersByTimeAsync(1);
    }
    expect(attempts).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    await vi.advanceTimersByTimeAsync(24 * 3600 * 1000);
    expect(link.open.mock.calls.length).toBe(9 + 24 * 120);
  });

  it("reconnects after a loss, and starts with a short wait again", async () => {
    connection.start();
    await vi.advanceTimersByTimeAsync(0);
    connection.linkLost();
    expect(connection.snapshot.state).toBe("reconnecting");
    await vi.advanceTimersByTimeAsync(500);
    expect(connection.snapshot.state).toBe("online");
    connection.linkLost();
    await vi.advanceTimersByTimeAsync(500);
    expect(connection.snapshot.state).toBe("online");
  });

  it("tries at once when the network comes back, but only one attempt at a time", async () => {
    link.open.mockRejectedValueOnce(new Error());
    connection.start();
    connection.retryNow();
    await vi.advanceTimersByTimeAsync(0);
    expect(link.open).toHaveBeenCalledTimes(1);
    connection.retryNow();
    await vi.advanceTimersByTimeAsync(0);
    expect(connection.snapshot.state).toBe("online");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(link.open).toHaveBeenCalledTimes(2);
  });

  it("stops trying when told to, and closes what opens too late", async () => {
    let open: () => void = () => undefined;
    link.open.mockReturnValueOnce(new Promise((resolve) => (open = resolve)));
    connection.start();
    connection.stop();
    link.close.mockClear();
    open();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(connection.snapshot.state).toBe("offline");
    expect(link.close).toHaveBeenCalledOnce();
    expect(link.open).toHaveBeenCalledOnce();
  });
});
