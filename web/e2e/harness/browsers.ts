// Chromium through Playwright, Firefox through Puppeteer (WebDriver BiDi): the system's own browsers, unpatched.
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";
import { PhonePage, type Tab } from "./page.ts";
import { installSound, type SoundOptions } from "./sound-in-page.ts";
import { readWav, voicePath } from "./sound.ts";

export type Microphone = "speaking" | "refused" | "absent";

export interface Browser {
  readonly page: PhonePage;
  close(): Promise<void>;
}

export type Launch = (microphone?: Microphone) => Promise<Browser>;

const work = process.env.OFFHOOK_E2E_DIR ?? "/tmp";

// Without the sound server there is no device at all.
function environment(microphone: Microphone): Record<string, string> {
  const own = Object.fromEntries(
    Object.entries(process.env).map(([name, value]) => [name, value ?? ""]),
  );
  return microphone === "absent" ? { ...own, PULSE_SERVER: "unix:/nonexistent" } : own;
}

function testVoice(): SoundOptions {
  const { rate, samples } = readWav(voicePath);
  return { rate, base64: Buffer.from(samples.buffer).toString("base64") };
}

async function launchChromium(microphone: Microphone = "speaking"): Promise<Browser> {
  const speaking = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      ...[
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
      ],
      ...[
        "--disable-component-update",
        "--disable-sync",
        "--autoplay-policy=no-user-gesture-required",
      ],
      ...(microphone === "speaking" ? speaking : []),
      ...(microphone === "refused"
        ? ["--use-fake-device-for-media-stream", "--deny-permission-prompts"]
        : []),
      ...(microphone === "absent" ? ["--use-fake-ui-for-media-stream"] : []),
    ],
    env: environment(microphone),
  });
  const tab = await browser.newPage();
  await tab.addInitScript(installSound, testVoice());
  return { page: new PhonePage(tab), close: () => browser.close() };
}

async function launchFirefox(microphone: Microphone = "speaking"): Promise<Browser> {
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: "/usr/bin/firefox-esr",
    headless: true,
    env: environment(microphone),
    userDataDir: mkdtempSync(join(work, "firefox-")),
    extraPrefsFirefox: {
      "media.navigator.streams.fake": microphone !== "absent",
      "media.navigator.permission.disabled": microphone !== "refused",
      ...(microphone === "refused" ? { "permissions.default.microphone": 2 } : {}),
      "media.autoplay.default": 0,
      "media.autoplay.blocking_policy": 0,
      "media.peerconnection.ice.obfuscate_host_addresses": false,
    },
  });
  const tab = await browser.newPage();
  await tab.evaluateOnNewDocument(installSound, testVoice());
  return { page: new PhonePage(tab as unknown as Tab), close: () => browser.close() };
}

export const browsers: [name: string, launch: Launch][] = [
  ["Chromium", launchChromium],
  ["Firefox", launchFirefox],
];
