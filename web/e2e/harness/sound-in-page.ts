// Runs in the page before its own scripts: hears what the page hears, and speaks the test voice. (Firefox has no microphone
// from a file, and Chromium's runs up to 12 per cent fast on a busy machine, so that the far end has to drop a part.)

declare global {
  interface Window {
    offhookSound: {
      record(seconds: number): Promise<{ rate: number; base64: string }>;
      route(): Promise<Route | undefined>;
    };
  }
}

// Where the newest connection sends its media: the gateway's candidate of the pair in use.
export interface Route {
  protocol: string; // "udp" or "tcp"
  address: string;
}

// The parts of WebRTC's statistics that lead there.
interface Statistics {
  id: string;
  type: string;
  selectedCandidatePairId?: string; // Chromium's transport
  selected?: boolean; // Firefox's pair
  remoteCandidateId?: string;
  protocol: string;
  address: string;
}

// 16-bit mono samples as base64, spoken into the microphone in a loop.
export interface SoundOptions {
  rate: number;
  base64: string;
}

export function installSound(voice: SoundOptions): void {
  const tracks: MediaStreamTrack[] = [];
  const peers: RTCPeerConnection[] = [];
  window.RTCPeerConnection = class extends window.RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      peers.push(this);
      this.addEventListener("track", (event) => tracks.push(event.track));
    }
  };

  const bytes = (base64: string) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

  async function speak(): Promise<MediaStream> {
    const context = new AudioContext();
    await context.resume();
    const samples = new Int16Array(bytes(voice.base64).buffer);
    const buffer = context.createBuffer(1, samples.length, voice.rate);
    buffer.copyToChannel(
      Float32Array.from(samples, (s) => s / 32768),
      0,
    );
    const source = new AudioBufferSourceNode(context, { buffer, loop: true });
    const destination = context.createMediaStreamDestination();
    source.connect(destination);
    source.start();
    return destination.stream;
  }

  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  // Processing would change the voice that the tests look for.
  devices.getUserMedia = async (constraints) => {
    const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const audio =
      typeof constraints?.audio === "object" ? { ...constraints.audio, ...plain } : plain;
    const stream = await open({ ...constraints, audio });
    for (const track of stream.getTracks()) track.stop();
    return speak();
  };

  window.offhookSound = {
    async route() {
      const stats = [...((await peers.at(-1)?.getStats())?.values() ?? [])] as Statistics[];
      const ids = stats.map((s) => s.selectedCandidatePairId);
      const pair = stats.find(
        (s) => s.type === "candidate-pair" && (s.selected === true || ids.includes(s.id)),
      );
      const remote = stats.find((s) => s.id === pair?.remoteCandidateId);
      return remote && { protocol: remote.protocol, address: remote.address };
    },
    async record(seconds) {
      // Of several calls the one that is not on hold; a new one's track is muted until its first packet.
      const live = tracks.filter((t) => t.readyState === "live");
      const track = live.findLast((t) => !t.muted) ?? live.at(-1);
      if (!track) throw new Error("there is no sound from the far end");
      const context = new AudioContext();
      await context.resume();
      const source = context.createMediaStreamSource(new MediaStream([track]));
      const recorder = context.createScriptProcessor(4096, 1, 1);
      const wanted = Math.ceil(seconds * context.sampleRate);
      const heard = new Float32Array(wanted);
      let length = 0;
      await new Promise<void>((done) => {
        recorder.onaudioprocess = (event) => {
          const chunk = event.inputBuffer.getChannelData(0).subarray(0, wanted - length);
          heard.set(chunk, length);
          length += chunk.length;
          if (length >= wanted) done();
        };
        source.connect(recorder);
        recorder.connect(context.destination);
      });
      recorder.disconnect();
      source.disconnect();
      const rate = context.sampleRate;
      await context.close();
      let text = "";
      const raw = new Uint8Array(heard.buffer);
      for (let i = 0; i < raw.length; i += 8192)
        text += String.fromCharCode(...raw.subarray(i, i + 8192));
      return { rate, base64: btoa(text) };
    },
  };
}
