import { useEffect } from "react";
import { playTones } from "../../lib/audio-context";

/** Milliseconds from one ring to the next, as telephones have it in North America. */
const kCadence = 6000;

/** Milliseconds from the first burst of a ring to its second one. */
const kSecondBurst = 1200;

/** A short burst of two tones: soft, and like nothing else on a computer. */
function burst(): void {
  playTones([440, 480], 0.8, 0.08);
}

/** Rings while mounted. Without a gesture on the page before, the browser keeps it silent. */
export function useRingtone(): void {
  useEffect(() => {
    let second: ReturnType<typeof setTimeout>;
    const ring = () => {
      burst();
      second = setTimeout(burst, kSecondBurst);
    };
    ring();
    const rings = setInterval(ring, kCadence);
    return () => {
      clearTimeout(second);
      clearInterval(rings);
    };
  }, []);
}

/** Milliseconds from one sign of a waiting call to the next. */
const kWaitingCadence = 10_000;

/** A short tone beside the conversation, now and then while mounted. */
export function useWaitingTone(): void {
  useEffect(() => {
    const beep = () => playTones([440], 0.3, 0.05);
    beep();
    const beeps = setInterval(beep, kWaitingCadence);
    return () => clearInterval(beeps);
  }, []);
}
