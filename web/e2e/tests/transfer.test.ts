// Several calls in one page, and calls that go from it to somebody else, in both browsers, against the test build.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { type Browser, browsers } from "../harness/browsers.ts";
import { Gateway } from "../harness/gateway.ts";
import type { PhonePage } from "../harness/page.ts";
import { hearsVoice, shareOfTone } from "../harness/sound.ts";
import { eventually } from "../harness/wait.ts";

const echo = "4443";
const busy = "5555550102";
const hangsUpAfterFiveSeconds = "5555550105";
const callsBack = "5555550106";

async function choose(page: PhonePage, target: string, how: string): Promise<void> {
  await page.click("transfer-button");
  await page.click("transfer-number");
  await page.tab.keyboard.type(target);
  await page.click(how);
}

// The page has let go of the call, and the two others have it still.
async function isTransferred(page: PhonePage, gateway: Gateway): Promise<void> {
  await page.shows("call-status", /transferred/i);
  await page.callIsOver();
  assert.equal(await page.text("error-message"), undefined);
  await eventually("both ends talk to each other", async () => {
    const { media } = await gateway.status();
    return (media.legs === 2 && media.bridges === 1) || undefined;
  });
}

// A call on hold, and another one that comes in.
async function calledWhileOnHold(page: PhonePage): Promise<void> {
  await page.dial(echo);
  await page.shows("call-status", /connected/i);
  await page.click("add-call-button");
  await page.dial(callsBack);
  await page.shows("last-call-status", /ended/i);
  await page.shows("call-status", /on hold/i);
  await page.appears("incoming-call", 20_000);
  await page.shows("incoming-call", /212\D*555\D*0106/);
}

for (const [name, launch] of browsers) {
  describe(`${name} with several calls`, () => {
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
      // A failed test leaves its calls behind; the next one starts from a fresh page.
      const { page } = browser;
      for (const id of ["hangup-button", "transfer-panel", "back-button", "incoming-call"]) {
        if ((await page.text(id)) !== undefined) await page.open(gateway.url);
      }
      await gateway.idle();
    });

    test("holds one and resumes it", async () => {
      const { page } = browser;
      await page.dial(echo);
      await page.shows("call-status", /connected/i);
      await page.click("hold-button");
      await page.shows("call-status", /on hold/i);
      await page.shows("hold-button", /^resume$/i);
      await page.click("hold-button");
      await page.shows("call-status", /connected/i);
      await hearsVoice(page);
      await page.hangUp();
    });

    test("transfers one to a number: it leaves the page, and the others talk", async () => {
      const { page } = browser;
      await page.dial(echo);
      await page.shows("call-status", /connected/i);
      await choose(page, hangsUpAfterFiveSeconds, "transfer-now-button");
      await isTransferred(page, gateway);
    });

    test("transfers one to the echo", async () => {
      const { page } = browser;
      await page.dial(hangsUpAfterFiveSeconds);
      await page.shows("call-status", /connected/i);
      await choose(page, echo, "transfer-now-button");
      await isTransferred(page, gateway);
    });

    test("transfers one to a busy number, is told so, and has it back", async () => {
      const { page } = browser;
      await page.dial(echo);
      await page.shows("call-status", /connected/i);
      await choose(page, busy, "transfer-now-button");
      await page.shows("transfer-problem", /busy/i);
      await page.shows("call-status", /connected/i);
      await hearsVoice(page);
      await page.click("dismiss-transfer-button");
      await page.disappears("transfer-problem");
      await page.hangUp();
    });

    test("asks first, then connects both others", async () => {
      const { page } = browser;
      await page.dial(echo);
      await page.shows("call-status", /connected/i);
      await choose(page, hangsUpAfterFiveSeconds, "ask-first-button");
      await page.shows("other-call-status", /on hold/i);
      await page.shows("call-status", /connected/i);
      await page.click("complete-transfer-button");
      await isTransferred(page, gateway);
    });

    test("asks a busy number first, and goes on with the caller", async () => {
      const { page } = browser;
      await page.dial(echo);
      await page.shows("call-status", /connected/i);
      await choose(page, busy, "ask-first-button");
      await page.shows("last-call-status", /busy/i);
      await page.shows("call-status", /on hold/i);
      await page.click("hold-button");
      await page.shows("call-status", /connected/i);
      await hearsVoice(page);
      await page.hangUp();
    });

    test("answers a second one with the first on hold, and swaps them", async () => {
      const { page } = browser;
      await calledWhileOnHold(page);
      await page.click("answer-button");
      await page.shows("call-status", /connected/i);
      await page.shows("other-calls", /4443\s*On hold/i);
      const tone = shareOfTone(await page.listen(2), 440);
      assert.ok(tone > 0.6, `the caller's tone is in only ${tone} of it`);
      await page.click("swap-button");
      await page.shows("other-calls", /212\D*555\D*0106\s*On hold/i);
      await page.shows("call-status", /connected/i);
      await hearsVoice(page);
      await page.click("other-hangup-button");
      await page.disappears("other-calls");
      await page.shows("call-status", /connected/i);
      await page.hangUp();
    });

    test("declines a second one and keeps the first", async () => {
      const { page } = browser;
      await calledWhileOnHold(page);
      await page.click("decline-button");
      await page.disappears("incoming-call");
      await page.shows("call-status", /on hold/i);
      await page.click("hold-button");
      await page.shows("call-status", /connected/i);
      await page.hangUp();
    });
  });
}
