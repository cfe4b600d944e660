// SIPp plays the provider: its transactions, its digest check and its RTP echo against our trunk side.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, afterEach, before, describe, test } from "node:test";
import { type Browser, browsers } from "../web/e2e/harness/browsers.ts";
import { Gateway } from "../web/e2e/harness/gateway.ts";
import { shareOfVoice, voiceIsThere } from "../web/e2e/harness/sound.ts";
import { eventually, sleep } from "../web/e2e/harness/wait.ts";

const work = process.env.OFFHOOK_E2E_DIR ?? "/tmp";

function configuration(): string {
  const password = join(work, "trunk.password");
  writeFileSync(password, "interop secret\n", { mode: 0o600 });
  const path = join(work, "interop.toml");
  writeFileSync(
    path,
    `[sip]
listen = ["127.0.0.1:15062"]

[media]
trunk_address = "127.0.0.1"

[user]
name = "interop"

[[trunk]]
name = "sipp"
hosts = ["127.0.0.1"]
port = 15060
username = "100001"
password_file = "${password}"
register = false
`,
  );
  return path;
}

// One SIPp that plays one call; `ended` holds its exit code, 0 when every step came as the scenario says.
class Sipp {
  readonly ended: Promise<number | null>;
  #output = "";

  constructor(scenario: string, remote?: string) {
    const file = fileURLToPath(new URL(`sipp/${scenario}.xml`, import.meta.url));
    const options = [
      "-sf",
      file,
      "-m",
      "1",
      "-i",
      "127.0.0.1",
      "-p",
      "15060",
      "-mp",
      "16000",
      "-rtp_echo",
    ];
    const limits = [
      "-nostdin",
      "-timeout",
      "60s",
      "-timeout_error",
      "-trace_err",
      "-error_file",
      join(work, "sipp.err"),
    ];
    const child: ChildProcess = spawn(
      "sipp",
      [...options, ...limits, ...(remote ? [remote] : [])],
      {
        cwd: work,
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, TERM: "dumb" },
      },
    );
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
    }
    this.ended = new Promise((resolve) => child.on("exit", (code) => resolve(code)));
  }

  // Before that the kernel says "port unreachable", which the gateway takes for a dead provider. SIPp tries the port with
  // another socket first.
  async listens(): Promise<this> {
    const local = `0100007F:${(15060).toString(16).toUpperCase()} `;
    const inode = () =>
      readFileSync("/proc/net/udp", "utf8")
        .split("\n")
        .find((line) => line.includes(local))
        ?.trim()
        .split(/\s+/)[9];
    await eventually("SIPp listens", async () => {
      const first = inode();
      await sleep(100);
      return (first !== undefined && first === inode()) || undefined;
    });
    return this;
  }

  async succeeded(): Promise<void> {
    assert.equal(await this.ended, 0, this.#output.slice(-3000));
  }
}

describe("SIPp as the provider", () => {
  const launch = browsers[0]![1];
  let gateway: Gateway;
  let browser: Browser;

  before(async () => {
    gateway = await Gateway.startConfigured(configuration());
    browser = await launch();
    await browser.page.open(gateway.url);
  });
  after(async () => {
    await browser?.close();
    await gateway?.stop();
  });
  afterEach(() => gateway.idle());

  test("challenges, rings, answers, echoes, and gets the BYE", async () => {
    const { page } = browser;
    const sipp = await new Sipp("answers").listens();
    await page.dial("2125550100");
    await page.shows("call-status", /connected/i);
    const share = shareOfVoice(await page.listen(8));
    assert.ok(share > voiceIsThere, `only ${share} of the voice came back`);
    await page.hangUp();
    await sipp.succeeded();
  });

  test("hangs up", async () => {
    const { page } = browser;
    const sipp = await new Sipp("hangs-up").listens();
    await page.dial("2125550100");
    await page.shows("call-status", /connected/i);
    await page.callIsOver();
    await sipp.succeeded();
  });

  test("is busy", async () => {
    const { page } = browser;
    const sipp = await new Sipp("busy").listens();
    await page.dial("2125550100");
    await page.shows("call-status", /busy/i);
    await sipp.succeeded();
  });

  test("rings until the caller cancels", async () => {
    const { page } = browser;
    const sipp = await new Sipp("rings").listens();
    await page.dial("2125550100");
    await page.shows("call-status", /ringing/i);
    await page.hangUp();
    await sipp.succeeded();
  });

  test("calls the user", async () => {
    const { page } = browser;
    const sipp = new Sipp("calls", "127.0.0.1:15062");
    await page.appears("incoming-call");
    await page.shows("incoming-call", /WIRELESS CALLER/);
    await page.click("answer-button");
    await page.shows("call-status", /connected/i);
    await page.callIsOver();
    await sipp.succeeded();
  });
});
