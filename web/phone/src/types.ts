import type { Problem } from "./problem";
import type { GatewaySession } from "./gateway";

/** `connecting` is the first attempt, `reconnecting` every one after the connection was there. */
export type ConnectionState = "offline" | "connecting" | "online" | "reconnecting";

export type RegistrationState = "unregistered" | "registering" | "registered" | "rejected";

export type CallDirection = "incoming" | "outgoing";

export type CallStatus = "idle" | "connecting" | "ringing" | "connected" | "ended" | "failed";

export type CallOutcome = "completed" | "no_answer" | "busy" | "cancelled" | "rejected" | "failed";

export interface CallSnapshot {
  readonly id: string;
  readonly direction: CallDirection;
  /** Digits as dialled, or as the far end presented them; empty when withheld. */
  readonly number: string;
  readonly name: string;
  readonly status: CallStatus;
  readonly muted: boolean;
  /** Milliseconds since the epoch at which the call was answered. */
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly outcome?: CallOutcome;
  /** Why the call ended, or why it could not be answered, and what to do. */
  readonly problem?: Problem;
  /** Something the user should know or do while the call goes on. */
  readonly hint?: Problem;
}

export interface PhoneSnapshot {
  readonly connection: ConnectionState;
  readonly registration: RegistrationState;
  /** Why there is no connection or registration, when that is known. */
  readonly problem?: Problem;
  readonly session?: GatewaySession;
  /** Calls under way, and those that ended until the next one begins or they are dismissed. */
  readonly calls: readonly CallSnapshot[];
}
