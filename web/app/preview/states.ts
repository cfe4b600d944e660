import type { CallSnapshot, PhoneSnapshot } from "@offhook/phone";
import { fakeCall } from "../src/testing/fake-engine";

interface State {
  readonly number?: string;
  /** What is pressed to get there. */
  readonly click?: string;
  readonly phone: Partial<PhoneSnapshot>;
}

const session = {
  user: { name: "demo" },
  sip: { uri: "sip:demo@offhook.invalid" },
  demo: true,
  trunks: [{ name: "demo", state: "registered", reason: "" }],
};
const now = Date.now();

const talking = (patch: Partial<CallSnapshot> = {}) =>
  fakeCall({ status: "connected", number: "16045550123", startedAt: now - 83_000, ...patch });
const waiting = fakeCall({
  id: "waiting",
  direction: "incoming",
  status: "connected",
  number: "2125550106",
  name: "Ada Lovelace",
  startedAt: now - 301_000,
  held: true,
});

/** Every state a person can meet, by the name of its picture. */
export const states: Readonly<Record<string, State>> = {
  idle: { phone: { session } },
  typed: { number: "16045550123", phone: { session } },
  texts: {
    phone: {
      session,
      mailbox: { waiting: true, new: 2, old: 1 },
      texts: [
        {
          id: "text-1",
          from: { number: "6045550123", name: "" },
          text: "Running ten minutes late, start without me. The file is at\nhttps://example.org/a/very/long/address/that/has/nowhere/to/break.pdf",
          at: now - 3_600_000,
        },
        {
          id: "text-2",
          from: { number: "2125550106", name: "Ada Lovelace" },
          text: "Your code is 481 516.",
          at: now - 60_000,
        },
      ],
    },
  },
  voicemail: { phone: { session, mailbox: { waiting: true, new: 1, old: 0 } } },
  connecting: { phone: { session, calls: [fakeCall()] } },
  ringing: {
    phone: { session, calls: [fakeCall({ status: "ringing", number: "5555550101" })] },
  },
  connected: {
    phone: {
      session,
      calls: [
        fakeCall({
          status: "connected",
          number: "16045550123",
          name: "Ada Lovelace",
          startedAt: now - 83_000,
          muted: true,
        }),
      ],
    },
  },
  held: {
    phone: { session, calls: [talking({ held: true })] },
  },
  several: {
    phone: { session, calls: [waiting, talking()] },
  },
  callWaiting: {
    phone: {
      session,
      calls: [
        talking(),
        fakeCall({
          id: "incoming",
          direction: "incoming",
          status: "ringing",
          number: "2125550106",
        }),
      ],
    },
  },
  addCall: {
    number: "4747",
    click: "add-call-button",
    phone: { session, calls: [talking()] },
  },
  transfer: {
    click: "transfer-button",
    phone: { session, calls: [waiting, talking()] },
  },
  transferring: {
    phone: { session, calls: [talking({ transfer: { to: "5555550104", state: "ringing" } })] },
  },
  transferFailed: {
    phone: {
      session,
      calls: [
        talking({
          transfer: {
            to: "5555550102",
            state: "failed",
            problem: { code: "busy", sentence: "The line is busy.", action: "Try again later." },
          },
        }),
      ],
    },
  },
  consulting: {
    phone: { session, calls: [waiting, talking({ consultFor: "waiting" })] },
  },
  incoming: {
    phone: {
      session,
      calls: [fakeCall({ direction: "incoming", status: "ringing", number: "2125550106" })],
    },
  },
  prompt: {
    phone: {
      session,
      calls: [
        fakeCall({
          hint: {
            code: "microphone_prompt",
            sentence: "The browser is asking for the microphone.",
            action: "Choose “Allow” in the browser's question, usually at the top of the window.",
          },
        }),
      ],
    },
  },
  ended: {
    phone: {
      session,
      calls: [
        fakeCall({ status: "ended", outcome: "completed", startedAt: now - 83_000, endedAt: now }),
      ],
    },
  },
  busy: {
    phone: {
      session,
      calls: [
        fakeCall({
          status: "failed",
          outcome: "busy",
          number: "5555550102",
          endedAt: now,
          problem: { code: "busy", sentence: "The line is busy.", action: "Try again later." },
        }),
      ],
    },
  },
  microphone: {
    phone: {
      session,
      calls: [
        fakeCall({
          status: "failed",
          outcome: "failed",
          endedAt: now,
          problem: {
            code: "microphone_denied",
            sentence: "The microphone is not allowed.",
            action:
              "Allow the microphone for this page in the browser's address bar, then try again.",
          },
        }),
      ],
    },
  },
  reconnecting: {
    phone: {
      session: {
        ...session,
        demo: false,
        trunks: [{ name: "voipms", state: "stopped", reason: "the password was refused" }],
      },
      connection: "reconnecting",
      registration: "unregistered",
      problem: {
        code: "connection_lost",
        sentence: "The connection to the phone server was lost.",
        action: "It is tried again by itself.",
      },
    },
  },
};
