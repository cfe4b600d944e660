import type { Call, CallOptions, Phone } from "@offhook/phone";

type CallCommands = Pick<
  Call,
  | "id"
  | "answer"
  | "decline"
  | "dismissTransfer"
  | "hangUp"
  | "hold"
  | "mute"
  | "resume"
  | "sendDigit"
  | "snapshot"
  | "transfer"
>;

/** What the page needs of a phone; tests and the preview bring their own. */
export interface Engine extends Pick<Phone, "snapshot" | "subscribe" | "connect" | "dismiss"> {
  call(number: string, options?: CallOptions): CallCommands;
  find(id: string): CallCommands | undefined;
}
