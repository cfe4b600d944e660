// How long from invite() to the first RTP packet, in Chromium, against the release build: median of 10 calls to 4443.
import type { Page } from "playwright-core";
import { browsers } from "../harness/browsers.ts";
import { Gateway } from "../harness/gateway.ts";
import { eventually, sleep } from "../harness/wait.ts";

const calls = Number(process.argv[2] ?? 10);

interface EncodedReceiver {
  createEncodedStreams(): { readable: ReadableStream; writable: WritableStream };
}
interface BenchWindow {
  offhookBench: { firstPacket: number };
}

// Runs in the page: remembers when the first frame of the newest peer connection came out of the network, before the jitter
// buffer. (getStats would not do: Chromium answers with a report that is up to 50 ms old.)
function watchFirstPacket(): void {
  const state = { firstPacket: 0 };
  Object.assign(window, { offhookBench: state });
  window.RTCPeerConnection = class extends window.RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super({ ...configuration, encodedInsertableStreams: true } as RTCConfiguration);
      state.firstPacket = 0;
      this.addEventListener("track", ({ receiver }) => {
        const { readable, writable } = (
          receiver as unknown as EncodedReceiver
        ).createEncodedStreams();
        const first = new TransformStream({
          transform(frame, controller) {
            state.firstPacket ||= performance.now();
            controller.enqueue(frame);
          },
        });
        void readable.pipeThrough(first).pipeTo(writable);
        for (const sender of this.getSenders()) {
          const sent = (sender as unknown as EncodedReceiver).createEncodedStreams();
          void sent.readable.pipeTo(sent.writable);
        }
      });
    }
  };
}

const gateway = await Gateway.startAsAPersonDoes();
const browser = await browsers[0]![1]();
const { page } = browser;
const tab = page.tab as unknown as Page;
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
        const { firstPacket } = (window as unknown as BenchWindow).offhookBench;
        const invite = performance.getEntriesByName("offhook:invite").at(-1);
        if (firstPacket === 0 || !invite) return undefined;
        return firstPacket - invite.startTime;
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
console.log(
  `invite() to first RTP packet, ms, ${calls} calls: minimum ${show(took[0]!)}, median ${show(median)}, maximum ${show(took.at(-1)!)}`,
);
