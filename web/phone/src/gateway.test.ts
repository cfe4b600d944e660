import { beforeEach, describe, expect, it, vi } from "vitest";
import { GatewayClient } from "./gateway";

const fetch = vi.fn<(path: string, init: RequestInit) => Promise<Response>>();

const reply = (status: number, body: unknown) =>
  Promise.resolve(new Response(typeof body === "string" ? body : JSON.stringify(body), { status }));

const paths = () => fetch.mock.calls.map(([path]) => path);

beforeEach(() => {
  fetch.mockReset();
  vi.stubGlobal("fetch", fetch);
});

describe("GatewayClient", () => {
  it("takes a ticket with the session's cookie", async () => {
    fetch.mockReturnValue(reply(200, { ticket: "abc", expires_in: 30 }));
    expect(await new GatewayClient().takeTicket()).toBe("abc");
    expect(fetch.mock.calls[0]?.[1]).toMatchObject({ method: "POST", credentials: "same-origin" });
  });

  it("opens its session again when the gateway has forgotten it", async () => {
    fetch
      .mockReturnValueOnce(reply(401, { error: { code: "no_session", message: "Sign in." } }))
      .mockReturnValueOnce(reply(200, {}))
      .mockReturnValueOnce(reply(200, { ticket: "new" }));
    expect(await new GatewayClient("https://host").takeTicket()).toBe("new");
    expect(paths()).toEqual([
      "https://host/api/tickets",
      "https://host/api/session",
      "https://host/api/tickets",
    ]);
  });

  it("passes the gateway's own sentence on", async () => {
    fetch.mockReturnValue(reply(403, { error: { code: "origin", message: "Not from there." } }));
    await expect(new GatewayClient().openSession()).rejects.toMatchObject({
      problem: { code: "http_403", sentence: "Not from there." },
    });
  });

  it.each(["", "<html>", "null", '{"error":3}'])(
    "has words when an error says %j",
    async (body) => {
      fetch.mockReturnValue(reply(502, body));
      await expect(new GatewayClient().takeTicket()).rejects.toMatchObject({
        problem: { code: "http_502", sentence: "The phone server refused." },
      });
    },
  );

  it("says that the gateway cannot be reached", async () => {
    fetch.mockRejectedValue(new TypeError("Failed to fetch"));
    await expect(new GatewayClient().trunks()).rejects.toMatchObject({
      problem: { code: "gateway_unreachable" },
    });
  });
});
