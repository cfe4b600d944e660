import { describe, expect, it, vi } from "vitest";
import { FakeSocket } from "./testing/fake-gateway";
import { PhoneHarness } from "./testing/phone-harness";

const page = new PhoneHarness();

describe("Phone's connection", () => {
  it("opens a session, takes a ticket, connects and registers its device", async () => {
    await page.connect();
    expect(FakeSocket.last.url).toMatch(/^ws:\/\/.*\/sip\?ticket=t1$/);
    expect(FakeSocket.last.protocol).toBe("sip");
    const contact = FakeSocket.last.request("REGISTER").header("Contact");
    expect(contact.match(/\+sip\.instance="<urn:uuid:[0-9a-f-]{36}>"/g)).toHaveLength(1);
    expect(page.phone.snapshot).toMatchObject({ connection: "online", registration: "registered" });
    expect(page.phone.snapshot.session?.user.name).toBe("demo");
  });

  it("reconnects with a fresh ticket and registers again, though a REGISTER was pending", async () => {
    await page.open();
    expect(FakeSocket.last.has("REGISTER")).toBe(true);
    FakeSocket.last.lose();
    expect(page.phone.snapshot.connection).toBe("reconnecting");
    await vi.advanceTimersByTimeAsync(500);
    expect(FakeSocket.sockets).toHaveLength(2);
    expect(FakeSocket.last.url).toMatch(/ticket=t2$/);
    FakeSocket.last.open();
    await page.settle();
    FakeSocket.last.register();
    await page.settle();
    expect(page.phone.snapshot).toMatchObject({ connection: "online", registration: "registered" });
  });

  it("refreshes its registration between 80 and 90 per cent of what was granted", async () => {
    await page.connect();
    const all = () => FakeSocket.sockets.flatMap(({ received }) => received);
    const sent = () => all().filter(({ method }) => method === "REGISTER").length;
    await vi.advanceTimersByTimeAsync(95_000);
    expect(sent()).toBe(1);
    await vi.advanceTimersByTimeAsync(13_000);
    expect(sent()).toBe(2);
  });

  it("tries again when the registration is refused", async () => {
    await page.open();
    FakeSocket.last.answer(FakeSocket.last.request("REGISTER"), "503 Service Unavailable");
    await page.settle();
    expect(page.phone.snapshot.registration).toBe("rejected");
    await vi.advanceTimersByTimeAsync(1000);
    FakeSocket.last.register();
    await page.settle();
    expect(page.phone.snapshot.registration).toBe("registered");
  });

  it("gives up a connection on which a REGISTER is not answered", async () => {
    await page.open();
    await vi.advanceTimersByTimeAsync(8000);
    expect(page.phone.snapshot.connection).toBe("reconnecting");
  });

  it("asks after a reconnect for its call, and tells when the server has lost it", async () => {
    await page.connect();
    const { call } = await page.connected();
    const reconnect = async (status: string) => {
      FakeSocket.last.lose();
      await vi.advanceTimersByTimeAsync(500);
      FakeSocket.last.open();
      await page.settle();
      FakeSocket.last.register();
      await page.settle();
      FakeSocket.last.answer(FakeSocket.last.request("INFO"), status);
      await page.settle();
    };
    await reconnect("200 OK");
    expect(call.snapshot.status).toBe("connected");
    await reconnect("481 Call/Transaction Does Not Exist");
    expect(call.snapshot).toMatchObject({
      status: "failed",
      problem: { code: "call_lost", sentence: "The call ended while the connection was lost." },
    });
  });

  it("tries at once when the network is back, though the page is hidden", async () => {
    await page.connect();
    FakeSocket.last.lose();
    vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    document.dispatchEvent(new Event("visibilitychange"));
    await page.settle();
    expect(FakeSocket.sockets).toHaveLength(1);
    dispatchEvent(new Event("online"));
    await page.settle();
    expect(FakeSocket.sockets).toHaveLength(2);
  });

  it("hangs up and unregisters when the page goes away", async () => {
    await page.connect();
    await page.connected();
    dispatchEvent(new Event("pagehide"));
    expect(FakeSocket.last.has("BYE")).toBe(true);
    expect(FakeSocket.last.request("REGISTER").header("Contact")).toContain("expires=0");
  });
});
