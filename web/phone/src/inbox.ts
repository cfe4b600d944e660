import type { Message, Notification } from "sip.js";
import { parseMessageSummary } from "./message-summary";
import { Observable } from "./observable";
import { remoteParty } from "./remote-party";
import type { Mailbox, TextMessage } from "./types";

export interface InboxSnapshot {
  readonly texts: readonly TextMessage[];
  readonly mailbox?: Mailbox;
}

/** Nobody reads more than that in one go, and a page that is never closed must not grow. */
const kMostTexts = 50;

/** Characters: the gateway lets no longer one through. */
const kLongestText = 8192;

/** What is delivered again comes soon after, so that older ones need not be known. */
const kMostKnown = 200;

/** What was sent to the user outside of calls: text messages, and news of the mailbox. */
export class Inbox extends Observable<InboxSnapshot> {
  /** The Call-IDs of the latest texts, the oldest first. */
  readonly #known = new Set<string>();

  constructor() {
    super({ texts: [] });
  }

  /**
   * Accepts a text once the subscribers have it: after that nobody sends it again. The same
   * Call-ID is the same text.
   */
  takeText(message: Message): void {
    const { body, callId, from } = message.request;
    if (mediaType(message) !== "text/plain") {
      return answer(message.reject({ statusCode: 415, extraHeaders: ["Accept: text/plain"] }));
    }
    if (body.length > kLongestText) return answer(message.reject({ statusCode: 513 }));
    if (!this.#known.has(callId)) {
      const text = { id: callId, from: remoteParty(from), text: body, at: Date.now() };
      const others = this.snapshot.texts.filter(({ id }) => id !== callId);
      const texts = [...others, text].slice(-kMostTexts);
      this.publish({ ...this.snapshot, texts });
      this.#remember(callId);
    }
    answer(message.accept());
  }

  /** Message waiting without a subscription, as providers tell it (RFC 3842). */
  takeSummary(notification: Notification): void {
    const { body } = notification.request;
    const event = bare(notification.request.getHeader("Event"));
    if (event !== "message-summary") return answer(notification.reject({ statusCode: 489 }));
    if (body !== "") {
      if (mediaType(notification) !== kSummary) {
        const extraHeaders = [`Accept: ${kSummary}`];
        return answer(notification.reject({ statusCode: 415, extraHeaders }));
      }
      const mailbox = parseMessageSummary(body);
      if (mailbox === undefined) return answer(notification.reject({ statusCode: 400 }));
      this.publish({ ...this.snapshot, mailbox });
    }
    answer(notification.accept());
  }

  #remember(callId: string): void {
    this.#known.add(callId);
    if (this.#known.size <= kMostKnown) return;
    for (const oldest of this.#known) return void this.#known.delete(oldest);
  }
}

const kSummary = "application/simple-message-summary";

function mediaType({ request }: Message | Notification): string {
  return bare(request.getHeader("Content-Type"));
}

/** A header field's value without its parameters. */
function bare(value = ""): string {
  return (value.split(";", 1)[0] ?? "").trim().toLowerCase();
}

/** Where the answer cannot be sent, the gateway asks again. */
function answer(sent: Promise<void>): void {
  sent.catch(() => undefined);
}
