import type { Call, Phone } from "@offhook/phone";

type CallCommands = Pick<
  Call,
  "id" | "answer" | "decline" | "hangUp" | "mute" | "sendDigit" | "snapshot"
>;

/** What the page needs of a phone; tests and the preview bring their own. */
export interface Engine extends Pick<Phone, "snapshot" | "subscribe" | "connect" | "dismiss"> {
  call(number: string): CallCommands;
  find(id: string): CallCommands | undefined;
}
