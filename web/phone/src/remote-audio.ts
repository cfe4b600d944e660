/** Plays the far end. One element serves all calls, so that its permission to play stays. */
export class RemoteAudio {
  readonly #element: HTMLAudioElement;

  constructor(element?: HTMLAudioElement) {
    this.#element = element ?? document.body.appendChild(document.createElement("audio"));
    this.#element.hidden = true;
    this.#element.autoplay = true;
  }

  play(stream: MediaStream): void {
    this.#element.srcObject = stream;
    this.#element.play().catch((error: unknown) => {
      // NotAllowedError: no gesture yet on this page. AbortError: a newer stream took over.
      if ((error as Error).name !== "NotAllowedError") return;
      addEventListener("pointerdown", () => void this.#element.play().catch(() => undefined), {
        once: true,
      });
    });
  }

  /** Stops playing this stream; another one that has taken over plays on. */
  stop(stream: MediaStream): void {
    if (this.#element.srcObject === stream) this.#element.srcObject = null;
  }
}
