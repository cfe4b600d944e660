import { afterEach, beforeEach, vi } from "vitest";
import { Phone } from "../phone";
import { FakeSocket, installGateway } from "./fake-gateway";
import { installMedia } from "./fake-media";

/** A phone in a page whose network, media and time are the test's. */
export class PhoneHarness {
  phone = undefined as unknown as Phone;
  microphone = undefined as unknown as ReturnType<typeof installMedia>;

  constructor() {
    beforeEach(() => {
      vi.useFakeTimers();
      installGateway();
      this.microphone = installMedia();
      this.phone = new Phone();
    });
    afterEach(() => {
      this.phone.disconnect();
      vi.useRealTimers();
    });
  }

  /** Lets promises settle, without a moment passing. */
  async settle(): Promise<void> {
    await vi.advanceTimersByTimeAsync(0);
  }

  /** Up to the open WebSocket. */
  async open(): Promise<void> {
    this.phone.connect();
    await this.settle();
    FakeSocket.last.open();
    await this.settle();
  }

  /** Up to the registration. */
  async connect(): Promise<void> {
    await this.open();
    FakeSocket.last.register();
    await this.settle();
  }

  async dial(number = "4443") {
    const call = this.phone.call(number);
    await this.settle();
    return call;
  }

  /** Answers the re-INVITE that came last, where there is one that nobody has answered. */
  async renegotiated(status = "200 OK") {
    const invite = FakeSocket.last.request("INVITE");
    if (!invite.header("To").includes("tag=")) return;
    FakeSocket.last.answer(invite, status, status.startsWith("2") ? { sdp: "v=0 answer" } : {});
    await this.settle();
  }

  /** A call up to its answer. Another one that was talked in is on hold then. */
  async connected(number?: string) {
    const call = await this.dial(number);
    await this.renegotiated();
    const invite = FakeSocket.last.request("INVITE");
    FakeSocket.last.answer(invite, "183 Session Progress", { sdp: "v=0" });
    FakeSocket.last.answer(invite, "200 OK", { sdp: "v=0" });
    await this.settle();
    return { call, invite };
  }

  /** A call that rings. */
  async incoming() {
    FakeSocket.last.ask("INVITE", [], "v=0 offer");
    await this.settle();
    const snapshot = this.phone.snapshot.calls.at(-1);
    const call = this.phone.find(snapshot?.id ?? "");
    if (call === undefined) throw new Error("No call came in.");
    return call;
  }
}
