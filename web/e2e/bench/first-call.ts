// How long from invite() to the first RTP packet, in Chromium, against the release build: median of 10 calls to 4443.
import { browsers } from "../harness/browsers.ts";
import { Gateway } from "../harness/gateway.ts";
import { eventually, sleep } from "../harness/wait.ts";

const calls = Number(process.argv[2] ?? 10);

// Runs in the page: remembers when the first packet of the newest peer connection came.
function watchFirstPacket(): void {
  const state = { firstPacket: 0 };
  Object.assign(window, { offhookBench: state });
  window.RTCPeerConnection = class extends window.RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      this.addEventListener("track", () => void this.#watch());
    }
    async #watch(): Promise<void> {
      state.firstPacket = 0;
      while (state.firstPacket === 0 && this.connectionState !== "closed") {
        for (const report of (await this.getStats()).values()) {
          if (report.type === "inbound-rtp" && report.packetsReceived > 0) {
            state.firstPacket = report.packetsReceived === 1 ? report.lastPacketReceivedTimestamp : Date.now();
          }
        }
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
  };
}

const gateway = await Gateway.startAsAPersonDoes();
const browser = await browsers[0]![1]();
const { page } = browser;
const tab = page.tab as unknown as { addInitScript(script: () => void): Promise<void> };
await tab.addInitScript(watchFirstPacket);
await page.open(gateway.url);

const took: number[] = [];
for (let call = 0; call < calls; call++) {
  await page.tab.evaluate(() => performance.clearMarks(), undefined);
  await page.dial("4443");
  await page.shows("call-status", /connected/i);
  took.push(
    await eventually("the first packet", () =>
      page.tab.evaluate(() => {
        const { firstPacket } = (window as unknown as { offhookBench: { firstPacket: number } }).offhookBench;
        const invite = performance.getEntriesByName("offhook:invite").at(-1);
        if (firstPacket === 0 || !invite) return undefined;
        return firstPacket - performance.timeOrigin - invite.startTime;
      }, undefined),
    ),
  );
  await sleep(500);
  await page.hangUp();
  await gateway.idle();
  await sleep(200);
}
await browser.close();
await gateway.stop();

took.sort((a, b) => a - b);
const show = (milliseconds: number) => milliseconds.toFixed(1);
const median = (took[(calls - 1) >> 1]! + took[calls >> 1]!) / 2;
console.log(`invite() to first RTP packet, ms, ${calls} calls: minimum ${show(took[0]!)}, median ${show(median)}, maximum ${show(took.at(-1)!)}`);
