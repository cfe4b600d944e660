import { EmitterImpl, type Transport, TransportState } from "sip.js";

export interface WebSocketTransportOptions {
  /** Where to connect to. Asked before each connection, because a ticket in it is good for one. */
  readonly url: () => Promise<string>;
}

/** Milliseconds for the WebSocket's handshake. */
const kConnectTimeout = 5000;

/**
 * SIP over WebSocket (RFC 7118). SIP.js' own transport connects to the one URL it was made with,
 * and after a lost network waits for the browser's `close` event, which takes minutes.
 */
export class WebSocketTransport implements Transport {
  readonly protocol = location.protocol === "https:" ? "WSS" : "WS";
  readonly stateChange = new EmitterImpl<TransportState>();
  onConnect: (() => void) | undefined;
  onDisconnect: ((error?: Error) => void) | undefined;
  onMessage: ((message: string) => void) | undefined;

  readonly #url: () => Promise<string>;
  #state = TransportState.Disconnected;
  #socket: WebSocket | undefined;

  /** SIP.js constructs it, with its logger and the `transportOptions`. */
  constructor(_logger: unknown, options: WebSocketTransportOptions) {
    this.#url = options.url;
  }

  get state(): TransportState {
    return this.#state;
  }

  isConnected(): boolean {
    return this.#state === TransportState.Connected;
  }

  /** Resolves when messages can be sent. Call it again only after it has settled. */
  async connect(): Promise<void> {
    if (this.isConnected()) return;
    this.#change(TransportState.Connecting);
    try {
      const url = await this.#url();
      if (this.#state !== TransportState.Connecting) throw new Error("Connect aborted.");
      await this.#open(new WebSocket(url, "sip"));
    } catch (error) {
      if (!this.isConnected()) this.#change(TransportState.Disconnected);
      throw error;
    }
    this.onConnect?.();
  }

  disconnect(): Promise<void> {
    this.#leave();
    return Promise.resolve();
  }

  dispose(): Promise<void> {
    return this.disconnect();
  }

  send(message: string): Promise<void> {
    if (!this.isConnected() || this.#socket === undefined) {
      return Promise.reject(new Error("Not connected."));
    }
    this.#socket.send(message);
    return Promise.resolve();
  }

  /** Gives up a connection that no longer answers, without waiting for its end. */
  drop(): void {
    this.#leave(new Error("The connection does not answer."));
  }

  #open(socket: WebSocket): Promise<void> {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket && typeof data === "string" && data.trim() !== "") {
        this.onMessage?.(data);
      }
    };
    return new Promise((resolve, reject) => {
      const fail = () => {
        clearTimeout(timer);
        if (socket === this.#socket) this.#leave(new Error("The connection was lost."));
        reject(new Error("The connection could not be opened."));
      };
      const timer = setTimeout(fail, kConnectTimeout);
      socket.onclose = fail;
      socket.onopen = () => {
        clearTimeout(timer);
        if (socket !== this.#socket) return;
        this.#change(TransportState.Connected);
        resolve();
      };
    });
  }

  #leave(error?: Error): void {
    const wasConnected = this.isConnected();
    const socket = this.#socket;
    this.#socket = undefined;
    if (this.#state !== TransportState.Disconnected) this.#change(TransportState.Disconnected);
    socket?.close();
    if (wasConnected) this.onDisconnect?.(error);
  }

  #change(state: TransportState): void {
    this.#state = state;
    this.stateChange.emit(state);
  }
}
