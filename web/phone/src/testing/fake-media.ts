import { vi } from "vitest";

class FakeTrack {
  enabled = true;
  stopped = false;
  onended: (() => void) | null = null;

  stop(): void {
    this.stopped = true;
  }
}

class FakeStream {
  constructor(readonly tracks: FakeTrack[] = [new FakeTrack()]) {}

  getTracks(): FakeTrack[] {
    return this.tracks;
  }

  getAudioTracks(): FakeTrack[] {
    return this.tracks;
  }
}

/** As much of a peer connection as a call touches. */
export class FakePeer {
  static peers: FakePeer[] = [];
  signalingState = "stable";
  connectionState = "new";
  localDescription: { sdp: string } | null = null;
  ontrack: ((event: unknown) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  readonly remote: string[] = [];
  readonly digits: string[] = [];
  canInsertDTMF = true;
  failRemote = false;
  readonly #sender = {
    track: undefined as FakeTrack | undefined,
    replaceTrack: (track: FakeTrack) => {
      this.#sender.track = track;
      return Promise.resolve();
    },
    dtmf: this.#dtmf(),
  };
  readonly #transceiver = { sender: this.#sender, direction: "recvonly" };

  constructor(readonly configuration: RTCConfiguration) {
    FakePeer.peers.push(this);
  }

  static get last(): FakePeer {
    const peer = FakePeer.peers.at(-1);
    if (peer === undefined) throw new Error("There is no peer connection.");
    return peer;
  }

  get track(): FakeTrack | undefined {
    return this.#sender.track;
  }

  get direction(): string {
    return this.#transceiver.direction;
  }

  addTransceiver(_kind: string, { direction }: { direction: string }) {
    this.#transceiver.direction = direction;
    return this.#transceiver;
  }

  getTransceivers() {
    return [this.#transceiver];
  }

  getReceivers() {
    return [];
  }

  setLocalDescription(description?: { type: string }): Promise<void> {
    const isAnswer = this.signalingState === "have-remote-offer";
    const isSettled = isAnswer || description?.type === "rollback";
    this.signalingState = isSettled ? "stable" : "have-local-offer";
    const direction = this.direction === "sendrecv" ? "" : `\r\na=${this.direction}`;
    this.localDescription = { sdp: (isAnswer ? "v=0 answer" : "v=0 offer") + direction };
    return Promise.resolve();
  }

  setRemoteDescription({ sdp, type }: { sdp: string; type: string }): Promise<void> {
    if (this.failRemote) return Promise.reject(new Error("Bad SDP."));
    this.remote.push(sdp);
    this.signalingState = type === "offer" ? "have-remote-offer" : "stable";
    this.ontrack?.({ streams: [new FakeStream()], track: new FakeTrack() });
    return Promise.resolve();
  }

  becomes(state: string): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  close(): void {
    this.signalingState = "closed";
  }

  #dtmf() {
    const digits = this.digits;
    const canInsert = () => this.canInsertDTMF;
    return {
      toneBuffer: "",
      get canInsertDTMF() {
        return canInsert();
      },
      insertDTMF: (tones: string) => void digits.push(tones),
    };
  }
}

/** Replaces microphone, peer connections and loudspeaker. Returns the microphone, to refuse it. */
export function installMedia() {
  FakePeer.peers = [];
  const getUserMedia = vi.fn(() => Promise.resolve(new FakeStream() as unknown as MediaStream));
  vi.stubGlobal("isSecureContext", true);
  vi.stubGlobal("RTCPeerConnection", FakePeer);
  vi.stubGlobal("MediaStream", FakeStream);
  Object.defineProperty(navigator, "mediaDevices", { configurable: true, value: { getUserMedia } });
  vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue();
  return { getUserMedia };
}
