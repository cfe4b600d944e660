import type { BodyAndContentType, SessionDescriptionHandler } from "sip.js";
import type { CallMedia } from "./call-media";

/** What SIP.js asks of a session's media, answered by a CallMedia. */
export class SessionDescription implements SessionDescriptionHandler {
  readonly #media: CallMedia;
  readonly #onFailure: () => void;

  /** @param onFailure runs before SIP.js learns that a remote description could not be applied. */
  constructor(media: CallMedia, onFailure: () => void) {
    this.#media = media;
    this.#onFailure = onFailure;
  }

  close(): void {
    this.#media.close();
  }

  async getDescription(): Promise<BodyAndContentType> {
    return { body: await this.#media.describe(), contentType: "application/sdp" };
  }

  hasDescription(contentType: string): boolean {
    return contentType.toLowerCase() === "application/sdp";
  }

  async setDescription(sdp: string): Promise<void> {
    try {
      await this.#media.applyRemote(sdp);
    } catch (error) {
      this.#onFailure();
      throw error;
    }
  }

  rollbackDescription(): Promise<void> {
    return this.#media.rollBack();
  }

  sendDtmf(tones: string): boolean {
    return this.#media.sendDigit(tones);
  }
}
