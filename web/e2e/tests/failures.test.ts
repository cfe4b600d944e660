// What a phone must survive: each role killed, the whole stopped during a call.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Browser, browsers } from "../harness/browsers.ts";
import { Gateway } from "../harness/gateway.ts";
import { hearsVoice } from "../harness/sound.ts";
import { eventually } from "../harness/wait.ts";

for (const [name, launch] of browsers) {
  describe(`${name} recovers`, () => {
    let gateway: Gateway;
    let browser: Browser;
    let stopped = false;

    before(async () => {
      gateway = await Gateway.startTestBuild();
      browser = await launch();
      await browser.page.open(gateway.url);
    });
    after(async () => {
      await browser?.close();
      if (!stopped) await gateway?.stop();
    });

    for (const role of ["signal", "offhook-media"] as const) {
      test(`when ${role} is killed during a call: the next call works`, async () => {
        const { page } = browser;
        await page.dial("4443");
        await page.shows("call-status", /connected/i);
        const killed = gateway.role(role);
        assert.ok(killed, `${role} is running`);
        process.kill(killed, "SIGKILL");
        await eventually(`${role} is started again`, async () => {
          const started = gateway.role(role);
          return started !== undefined && started !== killed ? true : undefined;
        });
        await gateway.ready();
        await page.callIsOver();
        await page.online();
        await gateway.idle();
        await page.dial("4443");
        await page.shows("call-status", /connected/i);
        await hearsVoice(page);
        await page.hangUp();
        await gateway.idle();
      });
    }

    test("when the server is stopped during a call: the call ends, all within five seconds, no process stays", async () => {
      const { page } = browser;
      await page.dial("4443");
      await page.shows("call-status", /connected/i);
      stopped = true;
      const took = await gateway.stop();
      await page.shows("call-status", /call ended/i); // by a BYE: "call lost" without one
      // The test build looks for leaks before it ends; for the release build see script-run.test.ts.
      assert.ok(took < 5000, `it took ${took} ms`);
      assert.deepEqual(gateway.survivors(), []);
    });
  });
}

test("No process stays when the supervisor is killed", async () => {
  const gateway = await Gateway.startTestBuild();
  assert.deepEqual(gateway.survivors(), ["signal", "offhook-media", "provider"]);
  process.kill(gateway.pid, "SIGKILL");
  await gateway.exited;
  await eventually("all roles end", async () =>
    gateway.survivors().length === 0 ? true : undefined,
  );
});
