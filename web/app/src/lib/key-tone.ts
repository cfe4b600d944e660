import { playTones } from "./audio-context";

/** Hertz, as in ITU-T Q.23. */
const kRows = [697, 770, 852, 941];
const kColumns = [1209, 1336, 1477];
const kKeys = "123456789*0#";

/** The sound of a key, for the ear of the one who presses it. */
export function playKeyTone(key: string): void {
  const place = kKeys.indexOf(key === "+" ? "0" : key);
  if (place < 0) return;
  playTones([kRows[Math.floor(place / 3)] ?? 0, kColumns[place % 3] ?? 0], 0.09, 0.04);
}
