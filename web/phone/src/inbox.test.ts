import { describe, expect, it } from "vitest";
import { FakeSocket, type Told } from "./testing/fake-gateway";
import { PhoneHarness } from "./testing/phone-harness";

const page = new PhoneHarness();

async function text(body: string, told: Told = {}, type = "text/plain;charset=UTF-8") {
  FakeSocket.last.tell("MESSAGE", type, body, told);
  await page.settle();
  return FakeSocket.last.status;
}

const kSummary = "application/simple-message-summary";

async function notify(body: string, event = "message-summary", type = kSummary) {
  const headers = [`Event: ${event}`, "Subscription-State: active"];
  FakeSocket.last.tell("NOTIFY", type, body, { headers });
  await page.settle();
  return FakeSocket.last.status;
}

const texts = () => page.phone.snapshot.texts;

describe("A text message", () => {
  it("is kept with its sender, its text and its time, and accepted", async () => {
    await page.connect();
    expect(await text("Grüße 👋\r\n\r\n:-)")).toBe("200");
    expect(texts()).toEqual([
      {
        id: expect.any(String) as string,
        from: { number: "2125550106", name: "Ada" },
        text: "Grüße 👋\r\n\r\n:-)",
        at: Date.now(),
      },
    ]);
  });

  it("is not accepted before those who watch the phone have it", async () => {
    await page.connect();
    const before = FakeSocket.last.received.length;
    let had = 0;
    page.phone.subscribe(() => {
      if (texts().length === 1) had = FakeSocket.last.received.length;
    });
    expect(await text("hello")).toBe("200");
    expect(had).toBe(before);
  });

  it("is asked for again where it could not be kept", async () => {
    await page.connect();
    const stop = page.phone.subscribe(() => {
      throw new Error("No room.");
    });
    expect(() => FakeSocket.last.tell("MESSAGE", "text/plain", "x", { callId: "1" })).toThrow();
    expect(FakeSocket.last.received.some(({ startLine }) => startLine.includes(" 200 "))).toBe(
      false,
    );
    stop();
  });

  it("is shown once though it is delivered again", async () => {
    await page.connect();
    expect(await text("hello", { callId: "same" })).toBe("200");
    expect(await text("hello", { callId: "same" })).toBe("200");
    expect(texts()).toHaveLength(1);
    expect(await text("hello", { callId: "another" })).toBe("200");
    expect(texts()).toHaveLength(2);
  });

  it("comes from a withheld number as a call does", async () => {
    await page.connect();
    await text("boo", { from: '"Anonymous" <sip:anonymous@anonymous.invalid>' });
    expect(texts()[0]?.from).toEqual({ number: "", name: "" });
  });

  it("comes from a number without a name", async () => {
    await page.connect();
    await text("hi", { from: "<sip:2125550199@offhook.invalid>" });
    expect(texts()[0]?.from).toEqual({ number: "2125550199", name: "" });
  });

  it("is refused where it is not plain text", async () => {
    await page.connect();
    expect(await text("<b>hi</b>", {}, "text/html")).toBe("415");
    expect(texts()).toEqual([]);
  });

  it("may have 8,192 characters and no more", async () => {
    await page.connect();
    expect(await text("x".repeat(8192))).toBe("200");
    expect(await text("x".repeat(8193))).toBe("513");
    expect(texts()).toHaveLength(1);
  });

  it("takes the place of the oldest of 50", async () => {
    await page.connect();
    for (let i = 0; i <= 50; ++i) await text(String(i));
    expect(texts()).toHaveLength(50);
    expect(texts()[0]?.text).toBe("1");
    expect(texts()[49]?.text).toBe("50");
  });
});

describe("News of the mailbox", () => {
  it("is unknown until it comes, and replaced by the next", async () => {
    await page.connect();
    expect(page.phone.snapshot.mailbox).toBeUndefined();
    expect(await notify("Messages-Waiting: yes\r\nVoice-Message: 2/8 (0/2)\r\n")).toBe("200");
    expect(page.phone.snapshot.mailbox).toEqual({ waiting: true, new: 2, old: 8 });
    expect(await notify("Messages-Waiting: no\r\nVoice-Message: 0/10 (0/2)\r\n")).toBe("200");
    expect(page.phone.snapshot.mailbox).toEqual({ waiting: false, new: 0, old: 10 });
  });

  it("may come without counts, in any case", async () => {
    await page.connect();
    expect(await notify("messages-waiting : YES\r\n", "Message-Summary;id=1")).toBe("200");
    expect(page.phone.snapshot.mailbox).toEqual({ waiting: true });
  });

  it("says nothing where it is empty", async () => {
    await page.connect();
    await notify("Messages-Waiting: yes\r\n");
    expect(await notify("")).toBe("200");
    expect(page.phone.snapshot.mailbox).toEqual({ waiting: true });
  });

  it.each([
    ["of another event", "489", "Messages-Waiting: yes\r\n", "presence", kSummary],
    ["of another type", "415", "Messages-Waiting: yes\r\n", "message-summary", "text/plain"],
    ["that does not say whether", "400", "Voice-Message: 1/0\r\n", "message-summary", kSummary],
    ["that says neither", "400", "Messages-Waiting: maybe\r\n", "message-summary", kSummary],
  ])("%s is refused with %s", async (_, status, body, event, type) => {
    await page.connect();
    expect(await notify(body, event, type)).toBe(status);
    expect(page.phone.snapshot.mailbox).toBeUndefined();
  });
});
