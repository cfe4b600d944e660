import type { Mailbox } from "@offhook/phone";

/** Where VoIP.ms reads out an account's voice messages. */
export const kVoicemailNumber = "*97";

/** What waits, or undefined where nothing does. */
export function voicemailWords(mailbox: Mailbox | undefined): string | undefined {
  if (mailbox?.waiting !== true) return undefined;
  const count = mailbox.new ?? 0;
  if (count === 0) return "Voicemail waiting";
  return count === 1 ? "1 new voicemail" : `${count} new voicemails`;
}
