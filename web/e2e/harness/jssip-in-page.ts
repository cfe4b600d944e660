// Runs in a signed-in page: JsSIP instead of our own phone, on a WebSocket of its own.
import { UA, WebSocketInterface } from "jssip";
import type { RTCSession } from "jssip/lib/RTCSession";

export interface JssipPhone {
  events: string[]; // in their order: "registered", "confirmed", "refer 202", ...
  start(): Promise<void>;
  call(number: string): void;
  answer(): void;
  hold(): void;
  unhold(): void;
  transfer(number: string): void;
  hangUp(): void;
}

declare global {
  interface Window {
    jssipPhone: JssipPhone;
  }
}

// It refreshes after half of it; what it has by itself, 90 s, is long for a test.
const sessionExpires = 6;

interface Incoming {
  session: RTCSession;
  originator: unknown;
}

let phone: UA | undefined;
let session: RTCSession | undefined;
const events: string[] = [];

// Chromium gives no sound of a far end to anybody before an element plays it.
function play(connection: RTCPeerConnection): void {
  connection.addEventListener("track", ({ track }) => {
    const audio = new Audio();
    audio.srcObject = new MediaStream([track]);
    void audio.play();
  });
}

function follow(newSession: RTCSession): void {
  session = newSession;
  (
    session as unknown as { _sessionTimers: { defaultExpires: number } }
  )._sessionTimers.defaultExpires = sessionExpires;
  session.on("peerconnection", ({ peerconnection }) => play(peerconnection));
  if (session.connection) play(session.connection);
  session.on("progress", () => events.push("progress"));
  session.on("confirmed", () => events.push("confirmed"));
  session.on("hold", ({ originator }) => events.push(`hold by ${originator}`));
  session.on("unhold", ({ originator }) => events.push(`unhold by ${originator}`));
  session.on("ended", ({ cause }) => events.push(`ended: ${cause}`));
  session.on("failed", ({ cause }) => events.push(`failed: ${cause}`));
}

window.jssipPhone = {
  events,
  async start() {
    await fetch("/api/session", { method: "POST" });
    const tickets = await fetch("/api/tickets", { method: "POST" });
    const { ticket } = (await tickets.json()) as { ticket: string };
    const url = `${location.origin.replace(/^http/, "ws")}/sip?ticket=${ticket}`;
    phone = new UA({ sockets: [new WebSocketInterface(url)], uri: "sip:demo@offhook.invalid" });
    phone.on("registered", () => events.push("registered"));
    phone.on("registrationFailed", ({ cause }) => events.push(`registration failed: ${cause}`));
    phone.on("newRTCSession", ({ session: newSession, originator }: Incoming) => {
      events.push(`call: ${String(originator)}`);
      follow(newSession);
    });
    phone.start();
  },
  call(number) {
    phone!.call(`sip:${number}@offhook.invalid`, {
      mediaConstraints: { audio: true, video: false },
    });
  },
  answer() {
    session!.answer({ mediaConstraints: { audio: true, video: false } });
  },
  hold() {
    session!.hold();
  },
  unhold() {
    session!.unhold();
  },
  transfer(number) {
    session!.refer(`sip:${number}@offhook.invalid`, {
      eventHandlers: {
        requestSucceeded: () => events.push("refer accepted"),
        requestFailed: () => events.push("refer refused"),
        progress: () => events.push("transfer progresses"),
        accepted: () => events.push("transfer done"),
        failed: () => events.push("transfer failed"),
      },
    });
  },
  hangUp() {
    session!.terminate();
  },
};
