import type { Mailbox } from "./types";

/** What a message summary says (RFC 3842 section 5.2), or undefined where it cannot be read. */
export function parseMessageSummary(body: string): Mailbox | undefined {
  const waiting = /^Messages-Waiting[ \t]*:[ \t]*(yes|no)[ \t]*$/im.exec(body)?.[1];
  if (waiting === undefined) return undefined;
  const isWaiting = waiting.toLowerCase() === "yes";
  const counts = /^Voice-Message[ \t]*:[ \t]*(\d{1,10})[ \t]*\/[ \t]*(\d{1,10})/im.exec(body);
  if (counts === null) return { waiting: isWaiting };
  return { waiting: isWaiting, new: Number(counts[1]), old: Number(counts[2]) };
}
