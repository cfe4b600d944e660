// JsSIP is the phone: it registers, calls, is called, holds, refreshes its sessions and transfers.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Browser, browsers } from "../web/e2e/harness/browsers.ts";
import { Gateway } from "../web/e2e/harness/gateway.ts";
import { Jssip } from "../web/e2e/harness/jssip.ts";
import { hearsVoice, shareOfTone } from "../web/e2e/harness/sound.ts";
import { sleep } from "../web/e2e/harness/wait.ts";

const [, launch] = browsers[0]!;

describe("JsSIP", () => {
  let gateway: Gateway;
  let browser: Browser;
  let phone: Jssip;

  before(async () => {
    gateway = await Gateway.startTestBuild();
    browser = await launch();
    // A page without our own phone, which would ring as well.
    await browser.page.tab.goto(`${gateway.url}api/status`);
    phone = await Jssip.start(browser.page);
  });
  after(async () => {
    await browser?.close();
    await gateway?.stop();
  });

  // How many UPDATEs the gateway has had over WebSockets.
  async function updates(): Promise<number> {
    const metrics = await (await fetch("http://127.0.0.1:8080/metrics")).text();
    const line = metrics
      .split("\n")
      .find((text) => /direction="received"/.test(text) && /message="UPDATE"/.test(text));
    return Number(line?.split(" ").at(-1) ?? 0);
  }

  test("calls, hears its own voice, refreshes by UPDATE, and hangs up", async () => {
    await phone.does("call", "4443");
    await phone.says(/^confirmed$/);
    await hearsVoice(browser.page);
    assert.ok((await updates()) >= 2, `${await updates()} UPDATEs in 8 s`);
    await phone.does("hangUp");
    await phone.says(/^ended: Terminated$/);
    await gateway.idle();
  });

  test("holds and takes back", async () => {
    await phone.does("call", "4443");
    await phone.says(/^confirmed$/);
    await phone.does("hold");
    await phone.says(/^hold by local$/);
    await sleep(500);
    await phone.does("unhold");
    await phone.says(/^unhold by local$/);
    await hearsVoice(browser.page);
    await phone.does("hangUp");
    await gateway.idle();
  });

  test("is called back and hears who calls", async () => {
    await phone.does("call", "5555550106");
    await phone.says(/^ended: Terminated$/, 15_000);
    await phone.says(/^call: remote$/, 15_000);
    await phone.does("answer");
    await phone.says(/^confirmed$/);
    await sleep(500);
    assert.ok(shareOfTone(await browser.page.listen(3), 440) > 0.6, "no tone of the caller's");
    await phone.does("hangUp");
    await gateway.idle();
  });

  test("transfers: to a busy number, which gives the call back, and to one that answers", async () => {
    await phone.does("call", "4443");
    await phone.says(/^confirmed$/);
    await phone.does("transfer", "5555550102");
    await phone.says(/^refer accepted$/);
    await phone.says(/^transfer failed$/);
    await hearsVoice(browser.page);
    await phone.does("transfer", "5555550105");
    await phone.says(/^transfer done$/);
    await phone.says(/^ended: Terminated$/);
    assert.equal((await gateway.status()).signal.calls, 1, "who was connected talks on");
    await gateway.idle();
  });
});
