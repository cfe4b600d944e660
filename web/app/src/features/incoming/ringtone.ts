import { useEffect } from "react";
import { playTones } from "../../lib/audio-context";

/** Milliseconds from one ring to the next, as telephones have it in North America. */
const kCadence = 6000;

/** Two short bursts of two tones: soft, and like nothing else on a computer. */
function ring(): void {
  playTones([440, 480], 0.8, 0.08);
}

/** Rings while mounted. Without a gesture on the page before, the browser keeps it silent. */
export function useRingtone(): void {
  useEffect(() => {
    ring();
    const first = setTimeout(ring, 1200);
    const bursts = setInterval(() => {
      ring();
      setTimeout(ring, 1200);
    }, kCadence);
    return () => {
      clearTimeout(first);
      clearInterval(bursts);
    };
  }, []);
}
