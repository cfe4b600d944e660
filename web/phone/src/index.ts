export { Phone, type CallOptions, type PhoneOptions } from "./phone";
export type { Call } from "./call";
export type { GatewaySession, Trunk } from "./gateway";
export type { Problem } from "./problem";
export type {
  CallDirection,
  CallOutcome,
  CallSnapshot,
  CallStatus,
  ConnectionState,
  Mailbox,
  Party,
  PhoneSnapshot,
  RegistrationState,
  TextMessage,
  Transfer,
} from "./types";
