import { formatDuration } from "../../lib/format-duration";
import { useNow } from "../../lib/use-now";

interface Props {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

export function CallTimer({ startedAt }: Props) {
  const now = useNow(true);
  return (
    <span className="call-timer" data-testid="call-timer" role="timer" aria-label="Duration">
      {formatDuration(now - startedAt)}
    </span>
  );
}
