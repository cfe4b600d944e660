let shared: AudioContext | undefined;

/**
 * The page's one audio context, once a gesture allows it; undefined before, or without audio.
 * Never waits: with no output device resume() may stay pending for ever.
 */
export function audioContext(): AudioContext | undefined {
  const { userActivation } = navigator as { userActivation?: UserActivation };
  if (typeof AudioContext === "undefined" || userActivation?.hasBeenActive === false) return;
  shared ??= new AudioContext();
  if (shared.state === "suspended") void shared.resume().catch(() => undefined);
  return shared;
}

/** Plays sine waves together for a time in seconds, softly enough to stand over a voice. */
export function playTones(frequencies: readonly number[], seconds: number, volume: number): void {
  const context = audioContext();
  if (context?.state !== "running") return;
  const gain = new GainNode(context, { gain: volume });
  gain.connect(context.destination);
  const end = context.currentTime + seconds;
  gain.gain.setValueAtTime(volume, Math.max(context.currentTime, end - 0.02));
  gain.gain.linearRampToValueAtTime(0, end); // no click at the end
  for (const frequency of frequencies) {
    const tone = new OscillatorNode(context, { frequency });
    tone.connect(gain);
    tone.start();
    tone.stop(end);
  }
}
