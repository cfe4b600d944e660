import { mark } from "./marks";

/** Milliseconds of a digit and of the silence after it: more than RFC 4733 receivers need. */
const kToneDuration = 100;
const kToneGap = 70;

export type MediaState = "new" | "connected" | "interrupted" | "lost";

export interface CallMediaEvents {
  readonly onRemoteStream: (stream: MediaStream) => void;
  readonly onState: (state: MediaState) => void;
  /** The microphone was unplugged or taken away; the far end goes on in silence. */
  readonly onMicrophoneGone: () => void;
  /** Whether the far end now wants to hear nothing (RFC 3264 section 8.4). */
  readonly onRemoteHold: (held: boolean) => void;
}

/**
 * The peer connection of one call. It never waits for ICE candidates: the gateway is ICE-lite and
 * learns the browser's address from its first check (RFC 8445 section 7.3.1.3).
 */
export class CallMedia {
  readonly #peer = new RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" });
  readonly #events: CallMediaEvents;
  #transceiver: RTCRtpTransceiver | undefined;
  #track: MediaStreamTrack | undefined;
  #muted = false;
  #held = false;
  #offer: Promise<string> | undefined;

  constructor(events: CallMediaEvents) {
    this.#events = events;
    this.#peer.ontrack = ({ track, streams }) =>
      events.onRemoteStream(streams[0] ?? new MediaStream([track]));
    this.#peer.onconnectionstatechange = () => this.#stateChanged();
  }

  /** Makes the first offer while the microphone is still opening; describe() then returns it. */
  prepareOffer(): void {
    this.#transceiver = this.#peer.addTransceiver("audio", { direction: "sendrecv" });
    this.#offer = this.#makeLocal();
    this.#offer.catch(() => undefined); // describe() reports it
  }

  /** Sends this microphone. It is stopped when the media is closed. */
  async setMicrophone(stream: MediaStream): Promise<void> {
    const [track] = stream.getAudioTracks();
    if (track === undefined) return;
    if (this.#peer.signalingState === "closed") return track.stop();
    this.#track = track;
    this.#enableTrack();
    track.onended = () => this.#events.onMicrophoneGone(); // stop() does not cause it
    await this.#transceiver?.sender.replaceTrack(track);
  }

  mute(muted: boolean): void {
    this.#muted = muted;
    this.#enableTrack();
  }

  /** What the next offer says. The microphone is silent at once, whatever becomes of the offer. */
  hold(held: boolean): void {
    this.#held = held;
    this.#enableTrack();
    if (this.#transceiver !== undefined && this.#peer.signalingState !== "closed") {
      this.#transceiver.direction = held ? "sendonly" : "sendrecv";
    }
  }

  /** Sends a digit as telephone-event (RFC 4733); false where that was not negotiated. */
  sendDigit(digit: string): boolean {
    const dtmf = this.#transceiver?.sender.dtmf;
    if (!dtmf || ("canInsertDTMF" in dtmf && !dtmf.canInsertDTMF)) return false;
    try {
      dtmf.insertDTMF(dtmf.toneBuffer + digit, kToneDuration, kToneGap);
      return true;
    } catch {
      return false;
    }
  }

  /** The local description for the offer or answer that is due now. */
  describe(): Promise<string> {
    const prepared = this.#offer;
    this.#offer = undefined;
    return prepared ?? this.#makeLocal();
  }

  async applyRemote(sdp: string): Promise<void> {
    const type = this.#peer.signalingState === "have-local-offer" ? "answer" : "offer";
    await this.#peer.setRemoteDescription({ type, sdp });
    if (type === "answer") mark("offhook:answer-applied");
    else await this.#adoptTransceiver();
    const wantsNothing = /^a=(sendonly|inactive)\s*$/m.test(sdp);
    this.#events.onRemoteHold(wantsNothing && !this.#held); // else it may just agree with us
  }

  /** Takes an offer back. Without one there is nothing to do. */
  async rollBack(): Promise<void> {
    if (["stable", "closed"].includes(this.#peer.signalingState)) return;
    await this.#peer.setLocalDescription({ type: "rollback" });
  }

  close(): void {
    this.#peer.ontrack = null;
    this.#peer.onconnectionstatechange = null;
    this.#track?.stop();
    for (const { track } of this.#peer.getReceivers()) track.stop();
    this.#peer.close();
  }

  async #makeLocal(): Promise<string> {
    await this.#peer.setLocalDescription(); // an offer or an answer, as the state demands
    return this.#peer.localDescription?.sdp ?? "";
  }

  /** An offer made a transceiver that only receives: let it send the microphone, too. */
  async #adoptTransceiver(): Promise<void> {
    const [transceiver] = this.#peer.getTransceivers();
    if (transceiver === undefined || this.#transceiver !== undefined) return;
    transceiver.direction = "sendrecv";
    this.#transceiver = transceiver;
    if (this.#track !== undefined) await transceiver.sender.replaceTrack(this.#track);
  }

  #enableTrack(): void {
    if (this.#track !== undefined) this.#track.enabled = !this.#muted && !this.#held;
  }

  #stateChanged(): void {
    const state = this.#peer.connectionState;
    if (state === "connected") this.#events.onState("connected");
    else if (state === "disconnected") this.#events.onState("interrupted");
    else if (state === "failed" || state === "closed") this.#events.onState("lost");
  }
}
