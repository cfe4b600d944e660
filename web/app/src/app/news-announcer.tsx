import { partyWords } from "../lib/party-words";
import { voicemailWords } from "../lib/voicemail";
import { usePhone, useTexts } from "../stores/context";

/**
 * Reads out texts as they come, and that voice messages wait. Apart from the announcer of calls,
 * which is read as a whole whenever something in it changes.
 */
export function NewsAnnouncer() {
  const text = useTexts(({ arrivedId, texts }) => texts.find(({ id }) => id === arrivedId));
  const voicemail = usePhone(({ mailbox }) => voicemailWords(mailbox));
  return (
    <div className="visually-hidden" aria-live="polite" data-testid="news-announcer">
      {text && (
        <p key={text.id}>
          Text message from {partyWords(text.from)}: {text.text}
        </p>
      )}
      {voicemail !== undefined && <p>{voicemail}</p>}
    </div>
  );
}
