import { useLongPress } from "../lib/use-long-press";

interface Props {
  readonly digit: string;
  readonly letters: string;
  /** What a long press gives instead, where it gives something. */
  readonly long?: string | undefined;
  readonly onPress: (key: string) => void;
}

const kNames: Readonly<Record<string, string>> = { "*": "star", "#": "pound" };

export function DialpadKey({ digit, letters, long, onPress }: Props) {
  const press = useLongPress(
    () => onPress(digit),
    long === undefined ? undefined : () => onPress(long),
  );
  return (
    <button
      type="button"
      className="dialpad-key"
      data-testid={`dialpad-key-${digit}`}
      aria-label={kNames[digit]}
      {...press}
    >
      <span className="dialpad-digit">{digit}</span>
      <span className="dialpad-letters">{letters}</span>
    </button>
  );
}
