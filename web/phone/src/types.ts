import type { Problem } from "./problem";
import type { GatewaySession } from "./gateway";

/** `connecting` is the first attempt, `reconnecting` every one after the connection was there. */
export type ConnectionState = "offline" | "connecting" | "online" | "reconnecting";

export type RegistrationState = "unregistered" | "registering" | "registered" | "rejected";

export type CallDirection = "incoming" | "outgoing";

export type CallStatus = "connecting" | "ringing" | "connected" | "ended" | "failed";

export type CallOutcome =
  "completed" | "transferred" | "no_answer" | "busy" | "cancelled" | "rejected" | "failed";

/** A call on its way to somebody else. It is gone from here when the other end has answered. */
export interface Transfer {
  /** The number that the far end is to talk to. */
  readonly to: string;
  /** After `failed` the call is back as it was. */
  readonly state: "requested" | "trying" | "ringing" | "failed";
  /** Why it failed. */
  readonly problem?: Problem;
}

/** Somebody at the far end. */
export interface Party {
  /** Digits as dialled, or as the far end presented them; empty when withheld. */
  readonly number: string;
  readonly name: string;
}

export interface CallSnapshot extends Party {
  readonly id: string;
  readonly direction: CallDirection;
  readonly status: CallStatus;
  readonly muted: boolean;
  /** On hold by the user: the far end hears music. */
  readonly held: boolean;
  /** On hold by the far end. */
  readonly remoteHeld: boolean;
  /** A command under way: until it is done, or refused with a hint or problem. */
  readonly pending?: "answer" | "hold" | "resume";
  readonly transfer?: Transfer;
  /** The call whose far end may be transferred to this one's, once the user has asked here. */
  readonly consultFor?: string;
  /** Milliseconds since the epoch at which the call was answered. */
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly outcome?: CallOutcome;
  /** Why the call ended, or why it could not be answered, and what to do. */
  readonly problem?: Problem;
  /** Something the user should know or do while the call goes on. */
  readonly hint?: Problem;
}

export interface TextMessage {
  readonly id: string;
  readonly from: Party;
  readonly text: string;
  /** Milliseconds since the epoch at which it came. */
  readonly at: number;
}

/** Voice messages at the provider. */
export interface Mailbox {
  readonly waiting: boolean;
  /** Not heard yet, and heard: where the provider counts them. */
  readonly new?: number;
  readonly old?: number;
}

export interface PhoneSnapshot {
  readonly connection: ConnectionState;
  readonly registration: RegistrationState;
  /** Why there is no connection or registration, when that is known. */
  readonly problem?: Problem;
  readonly session?: GatewaySession;
  /**
   * In the order in which they began: calls under way, and those that ended until the next one
   * begins or they are dismissed.
   */
  readonly calls: readonly CallSnapshot[];
  /** The call under way that the user chose last: the only one that may not be on hold. */
  readonly activeId?: string;
  /** The latest that came since the page was loaded, the oldest first. */
  readonly texts: readonly TextMessage[];
  /** Missing until the provider has said something of it. */
  readonly mailbox?: Mailbox;
}
