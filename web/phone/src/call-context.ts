import type { UserAgent } from "sip.js";
import type { Call } from "./call";
import type { RemoteAudio } from "./remote-audio";

/** What every call shares. */
export interface CallContext {
  readonly userAgent: UserAgent;
  readonly audio: RemoteAudio;
  readonly processing: boolean;
  /** Runs the action now, or when signalling is connected again. */
  readonly whenConnected: (action: () => void) => void;
  readonly find: (id: string) => Call | undefined;
  /** Holds all calls but this one. Returns whether it may go on: false also where it is over. */
  readonly takeOver: (call: Call) => Promise<boolean>;
}
