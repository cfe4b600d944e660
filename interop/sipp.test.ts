// SIPp plays the provider: its transactions, its digest check and its RTP echo against our trunk side.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, afterEach, before, describe, test } from "node:test";
import { type Browser, browsers } from "../web/e2e/harness/browsers.ts";
import { Gateway } from "../web/e2e/harness/gateway.ts";
import { hearsVoice } from "../web/e2e/harness/sound.ts";
import { account, sipPort, writeConfiguration } from "./harness/configuration.ts";
import { Program } from "./harness/program.ts";
import { Sipp } from "./harness/sipp.ts";
import { work } from "./harness/work.ts";

const port = 15060;
const launch = browsers[0]![1];

for (const transport of ["udp", "tcp"] as const) {
  describe(`SIPp as the provider over ${transport}`, () => {
    let gateway: Gateway;
    let browser: Browser;
    let sipp: Sipp | undefined;

    const plays = async (scenario: string) => {
      sipp = new Sipp(scenario, { port, transport });
      return sipp.listens();
    };

    before(async () => {
      const trunk = { hosts: ["127.0.0.1"], port, transport, register: false, options_s: 0 };
      gateway = await Gateway.startBeforeItsTrunks(writeConfiguration(`sipp-${transport}`, trunk));
      browser = await launch();
      await browser.page.open(gateway.url);
    });
    after(async () => {
      await browser?.close();
      await gateway?.stop();
    });
    afterEach(async () => {
      await sipp?.kill();
      await gateway.idle();
    });

    test("challenges, rings, answers, echoes, and gets the BYE", async () => {
      const { page } = browser;
      const provider = await plays("answers");
      await page.dial("2125550100");
      await page.shows("call-status", /connected/i);
      await hearsVoice(page);
      await page.hangUp();
      await provider.succeeded();
    });

    test("has its early media acknowledged by PRACK before it answers", async () => {
      const { page } = browser;
      const provider = await plays("reliable");
      await page.dial("2125550100");
      await page.shows("call-status", /connected/i);
      await hearsVoice(page);
      await page.hangUp();
      await provider.succeeded();
    });

    test("hangs up", async () => {
      const { page } = browser;
      const provider = await plays("hangs-up");
      await page.dial("2125550100");
      await page.shows("call-status", /connected/i);
      await page.callIsOver();
      await provider.succeeded();
    });

    test("is busy", async () => {
      const { page } = browser;
      const provider = await plays("busy");
      await page.dial("2125550100");
      await page.shows("call-status", /busy/i);
      await provider.succeeded();
    });

    test("rings until the caller cancels", async () => {
      const { page } = browser;
      const provider = await plays("rings");
      await page.dial("2125550100");
      await page.shows("call-status", /ringing/i);
      await page.hangUp();
      await provider.succeeded();
    });

    test("calls the user", async () => {
      const { page } = browser;
      sipp = new Sipp("calls", { port, transport, remote: `127.0.0.1:${sipPort}` });
      await page.appears("incoming-call");
      await page.shows("incoming-call", /WIRELESS CALLER/);
      await page.click("answer-button");
      await page.shows("call-status", /connected/i);
      await page.callIsOver();
      await sipp.succeeded();
    });

    test("sends a text, which stays until it is dismissed", async () => {
      const { page } = browser;
      sipp = new Sipp("texts", { port, transport, remote: `127.0.0.1:${sipPort}` });
      await sipp.succeeded();
      await page.shows("text-card", /\(212\) 555-0199.*Running late – back at 5/s);
      await page.tab.reload();
      await page.online();
      await page.shows("text-card", /Running late/);
      await page.click("text-dismiss-button");
      await page.disappears("texts");
    });

    test("tells of new voicemail", async () => {
      const { page } = browser;
      sipp = new Sipp("voicemail", { port, transport, remote: `127.0.0.1:${sipPort}` });
      await page.shows("voicemail", /^2 new voicemails$/);
      await page.disappears("voicemail");
      await sipp.succeeded();
    });
  });
}

describe("SIPp as a telephone at the stand-in", () => {
  let provider: Program;

  before(async () => {
    const password = join(work, "stand-in.password");
    writeFileSync(password, "interop\n", { mode: 0o600 });
    const options = ["--account", account.username, "--password-file", password];
    provider = new Program(
      fileURLToPath(new URL("../build/asan-ubsan/server/app/offhook", import.meta.url)),
      ["provider", "--listen", `127.0.0.1:${port}`, ...options],
      work,
    );
    await provider.says(/ready/);
  });
  after(() => provider?.kill());

  for (const transport of ["udp", "tcp"] as const) {
    const remote = `127.0.0.1:${port}`;
    const options = { port: 15070, transport, remote };

    test(`registers over ${transport}`, () => new Sipp("registers", options).succeeded());

    test(`calls the echo over ${transport}`, () =>
      new Sipp("dials", { ...options, number: "4443" }).succeeded());
  }
});
