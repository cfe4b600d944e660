// Finds in a recording what must be in it: the test voice, a tone, digits.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { PhonePage, Recording } from "./page.ts";

export const voicePath = join(process.env.OFFHOOK_E2E_DIR ?? "/tmp", "voice.wav");

interface Wav {
  rate: number;
  samples: Int16Array;
}

// A RIFF file of 16-bit mono PCM, as espeak-ng writes it.
export function readWav(path: string): Wav {
  const file = readFileSync(path);
  const rate = file.readUInt32LE(24);
  const at = file.indexOf("data") + 8;
  const length = (file.length - at) & ~1;
  return {
    rate,
    samples: new Int16Array(file.buffer.slice(file.byteOffset + at, file.byteOffset + at + length)),
  };
}

// By averaging over each output sample's span: enough of a low-pass for telephone speech.
export function resample(samples: ArrayLike<number>, from: number, to: number): Float32Array {
  const ratio = from / to;
  const out = new Float32Array(Math.floor(samples.length / ratio));
  for (let i = 0; i < out.length; i++) {
    const first = Math.floor(i * ratio);
    const last = Math.max(first + 1, Math.floor((i + 1) * ratio));
    let sum = 0;
    for (let j = first; j < last; j++) sum += samples[j] ?? 0;
    out[i] = sum / (last - first);
  }
  return out;
}

const rate = 8000;

function energy(samples: Float32Array, from: number, length: number): number {
  let sum = 0;
  for (let i = from; i < from + length; i++) sum += samples[i]! * samples[i]!;
  return sum;
}

// The best normalised cross-correlation (0 to 1) of `piece` with any place of `heard`.
function likeness(piece: Float32Array, heard: Float32Array): number {
  const own = Math.sqrt(energy(piece, 0, piece.length));
  let best = 0;
  for (let lag = 0; lag + piece.length <= heard.length; lag++) {
    let dot = 0;
    for (let i = 0; i < piece.length; i++) dot += piece[i]! * heard[lag + i]!;
    const other = Math.sqrt(energy(heard, lag, piece.length));
    if (other > 1e-3) best = Math.max(best, dot / (own * other));
  }
  return best;
}

// A share of the voice from which on it is surely there: another voice or noise has none.
const voiceIsThere = 0.4;

// How much of the test voice is in the recording: the share of its loud quarter-second pieces that are found in it.
function shareOfVoice(recording: Recording): number {
  const wav = readWav(voicePath);
  const voice = resample(
    Float32Array.from(wav.samples, (s) => s / 32768),
    wav.rate,
    rate,
  );
  const heard = resample(recording.samples, recording.rate, rate);
  const length = rate / 4;
  const pieces: Float32Array[] = [];
  for (let at = 0; at + length <= voice.length; at += length) {
    if (energy(voice, at, length) / length > 0.004) pieces.push(voice.subarray(at, at + length));
  }
  if (pieces.length < 4) throw new Error("the test voice is too quiet to be found");
  return pieces.filter((piece) => likeness(piece, heard) > 0.7).length / pieces.length;
}

// Fails unless the page hears the test voice. On a busy machine a browser or the far end stretches time while its jitter buffer
// settles, which loses some of a true one: so it may listen again.
export async function hearsVoice(page: PhonePage): Promise<void> {
  const shares: number[] = [];
  while (shares.length < 3) {
    const share = shareOfVoice(await page.listen(8));
    if (share > voiceIsThere) return;
    shares.push(share);
  }
  assert.fail(`only ${shares.join(", then ")} of the voice came back`);
}

// Root mean square, 0 to 1.
export function loudness(recording: Recording): number {
  return Math.sqrt(
    energy(recording.samples, 0, recording.samples.length) / recording.samples.length,
  );
}

// The power of one frequency in a piece, by Goertzel's algorithm, relative to the piece's whole power (0 to 1).
function share(samples: Float32Array, from: number, length: number, frequency: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequency) / rate);
  let s1 = 0;
  let s2 = 0;
  for (let i = from; i < from + length; i++) [s1, s2] = [samples[i]! + coefficient * s1 - s2, s1];
  const power = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
  const whole = energy(samples, from, length);
  return whole < 1e-4 * length ? 0 : (2 * power) / (length * whole);
}

// The share of 40 ms pieces in which this frequency is most of what is heard.
export function shareOfTone(recording: Recording, frequency: number): number {
  const heard = resample(recording.samples, recording.rate, rate);
  const length = rate / 25;
  let hits = 0;
  let pieces = 0;
  for (let at = 0; at + length <= heard.length; at += length, pieces++) {
    if (share(heard, at, length, frequency) > 0.6) hits++;
  }
  return hits / pieces;
}

const rows = [697, 770, 852, 941];
const columns = [1209, 1336, 1477, 1633];
const keys = ["123A", "456B", "789C", "*0#D"];

// The digits whose tones are in the recording, in order; a digit is heard once however long it lasts.
export function digitsIn(recording: Recording): string {
  const heard = resample(recording.samples, recording.rate, rate);
  const length = rate / 40;
  let digits = "";
  let last = "";
  for (let at = 0; at + length <= heard.length; at += length) {
    const strongest = (of: number[]) => {
      const shares = of.map((f) => share(heard, at, length, f));
      const best = shares.indexOf(Math.max(...shares));
      return shares[best]! > 0.25 ? best : -1;
    };
    const row = strongest(rows);
    const column = strongest(columns);
    const digit = row < 0 || column < 0 ? "" : keys[row]![column]!;
    if (digit !== "" && digit !== last) digits += digit;
    last = digit;
  }
  return digits;
}
