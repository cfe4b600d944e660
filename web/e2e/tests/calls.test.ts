// Every kind of first call, in both browsers, against the test build. After each call both processes are empty.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { type Browser, browsers } from "../harness/browsers.ts";
import { Gateway } from "../harness/gateway.ts";
import { digitsIn, hearsVoice, loudness, shareOfTone } from "../harness/sound.ts";

for (const [name, launch] of browsers) {
  describe(`${name} calls`, () => {
    let gateway: Gateway;
    let browser: Browser;

    before(async () => {
      gateway = await Gateway.startTestBuild();
      browser = await launch();
      await browser.page.open(gateway.url);
    });
    after(async () => {
      await browser?.close();
      await gateway?.stop();
    });
    afterEach(async () => {
      // A failed test leaves its call behind; the next one starts from a fresh page.
      if ((await browser.page.text("hangup-button")) !== undefined)
        await browser.page.open(gateway.url);
      await gateway.idle();
    });

    test("4443 and hears its own voice, and nothing while muted", async () => {
      const { page } = browser;
      await page.dial("4443");
      await page.shows("call-status", /connected/i);
      await hearsVoice(page);
      await page.shows("call-timer", /^0:(0[4-9]|[1-5]\d)/);
      await page.click("mute-button");
      await page.listen(1);
      assert.ok(loudness(await page.listen(1)) < 0.01, "the far end hears a muted microphone");
      await page.click("mute-button");
      await page.listen(1);
      assert.ok(
        loudness(await page.listen(3)) > 0.01,
        "the far end does not hear the microphone after unmuting",
      );
      await page.hangUp();
    });

    test("4747 and hears the digits it pressed", async () => {
      const { page } = browser;
      await page.dial("4747");
      await page.shows("call-status", /connected/i);
      await page.press("159*0#");
      const heard = await page.listen(6);
      assert.match(digitsIn(heard), /159\*0#/);
      await page.hangUp();
    });

    test("a number that rings for ever, and cancels", async () => {
      const { page } = browser;
      await page.dial("5555550101");
      await page.shows("call-status", /ringing/i);
      await page.hangUp();
    });

    test("a busy number, and is told so", async () => {
      const { page } = browser;
      await page.dial("5555550102");
      await page.shows("call-status", /busy/i);
      await page.callIsOver();
    });

    test("a number that does not exist, and is told so", async () => {
      const { page } = browser;
      await page.dial("5555550103");
      await page.shows("call-status", /does not exist|not in service|not found/i);
      await page.callIsOver();
    });

    test("a number with early media, and hears it before the answer", async () => {
      const { page } = browser;
      await page.dial("5555550104");
      await page.shows("call-status", /ringing/i);
      assert.ok(loudness(await page.listen(1.5)) > 0.02, "no early media is heard");
      await page.shows("call-status", /connected/i);
      await page.hangUp();
    });

    test("a number that hangs up after five seconds", async () => {
      const { page } = browser;
      await page.dial("5555550105");
      await page.shows("call-status", /connected/i);
      await page.shows("call-status", /ended|hung up/i);
      await page.callIsOver();
    });

    test("a number that calls back, and answers", async () => {
      const { page } = browser;
      await page.dial("5555550106");
      await page.appears("incoming-call", 20_000);
      await page.shows("incoming-call", /212\D*555\D*0106/);
      await page.click("answer-button");
      await page.shows("call-status", /connected/i);
      const heard = await page.listen(2);
      assert.ok(
        shareOfTone(heard, 440) > 0.6,
        `the caller's tone is in only ${shareOfTone(heard, 440)} of it`,
      );
      await page.hangUp();
    });

    test("a number that calls back, and declines", async () => {
      const { page } = browser;
      await page.dial("5555550106");
      await page.appears("incoming-call", 20_000);
      await page.click("decline-button");
      await page.disappears("incoming-call");
      await page.shows("call-status", /declined/i);
    });

    test("after the page was loaded anew", async () => {
      const { page } = browser;
      await page.tab.reload();
      await page.online();
      await page.dial("4443");
      await page.shows("call-status", /connected/i);
      await hearsVoice(page);
      await page.hangUp();
    });
  });

  describe(`${name} without a microphone`, () => {
    let gateway: Gateway;
    before(async () => (gateway = await Gateway.startTestBuild()));
    after(() => gateway?.stop());
    afterEach(() => gateway.idle());

    for (const [microphone, words] of [
      ["refused", /microphone.*(blocked|refused|denied|not allowed|permission)/is],
      ["absent", /no microphone|microphone.*(not found|absent|plug|connect)/is],
    ] as const) {
      test(`says what to do when it is ${microphone}`, async () => {
        const browser = await launch(microphone);
        try {
          await browser.page.open(gateway.url);
          await browser.page.dial("4443");
          await browser.page.shows("error-message", words);
          await browser.page.callIsOver();
        } finally {
          await browser.close();
        }
      });
    }
  });
}
