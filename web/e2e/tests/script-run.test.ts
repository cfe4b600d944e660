// What script/run starts, as it starts it: the release build with nothing configured.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers } from "../harness/browsers.ts";
import { Gateway } from "../harness/gateway.ts";
import { hearsVoice } from "../harness/sound.ts";

describe("script/run", () => {
  let gateway: Gateway;
  let stopped = false;
  before(async () => (gateway = await Gateway.startAsAPersonDoes()));
  after(async () => {
    if (!stopped) await gateway?.stop();
  });

  for (const [name, launch] of browsers) {
    test(`serves a phone that calls 4443 in ${name}`, async () => {
      const browser = await launch();
      try {
        const { page } = browser;
        await page.open(gateway.url);
        await page.dial("4443");
        await page.shows("call-status", /connected/i);
        await hearsVoice(page);
        await page.hangUp();
        await gateway.idle();
      } finally {
        await browser.close();
      }
    });
  }

  test("ends within two seconds, a call that is up with it", async () => {
    const browser = await browsers[0]![1]();
    try {
      const { page } = browser;
      await page.open(gateway.url);
      await page.dial("4443");
      await page.shows("call-status", /connected/i);
      stopped = true;
      const took = await gateway.stop();
      await page.shows("call-status", /call ended/i);
      assert.ok(took < 2000, `it took ${took} ms`);
    } finally {
      await browser.close();
    }
  });
});
