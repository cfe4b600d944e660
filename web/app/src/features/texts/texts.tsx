import { formatMoment } from "../../lib/format-moment";
import { partyWords } from "../../lib/party-words";
import { useNow } from "../../lib/use-now";
import { activeCall } from "../../stores/calls-slice";
import { usePhone, useTexts } from "../../stores/context";
import type { ShownText } from "../../stores/text-store";
import "./texts.css";

/** Text messages that were not dismissed, the latest first. */
export function Texts() {
  const texts = useTexts((state) => state.texts);
  const now = useNow(texts.length > 0);
  if (texts.length === 0) return null;
  return (
    <section className="texts" aria-label="Text messages" data-testid="texts">
      <ul>
        {texts.map((text) => (
          <TextCard key={text.id} text={text} now={now} />
        ))}
      </ul>
    </section>
  );
}

interface Props {
  readonly text: ShownText;
  readonly now: number;
}

function TextCard({ now, text: { at, from, id, text } }: Props) {
  const call = usePhone((state) => state.call);
  const isInCall = usePhone((state) => activeCall(state) !== undefined);
  const dismiss = useTexts((state) => state.dismiss);
  const party = partyWords(from);
  return (
    <li data-testid="text-card">
      <p className="text-line">
        <span className="text-party">{party}</span>
        <time dateTime={new Date(at).toISOString()}>{formatMoment(at, now)}</time>
      </p>
      <p className="text-words" dir="auto">
        {text}
      </p>
      <div className="text-actions">
        {from.number !== "" && (
          <button
            type="button"
            aria-label={`Call back ${party}`}
            data-testid="text-call-button"
            disabled={isInCall}
            onClick={() => call(from.number)}
          >
            Call back
          </button>
        )}
        <button
          type="button"
          aria-label={`Dismiss text from ${party}`}
          data-testid="text-dismiss-button"
          onClick={() => dismiss(id)}
        >
          Dismiss
        </button>
      </div>
    </li>
  );
}
