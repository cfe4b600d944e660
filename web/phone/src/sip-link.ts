import {
  type Invitation,
  type Message,
  type Notification,
  Registerer,
  UserAgent,
  UserAgentState,
} from "sip.js";
import type { Link } from "./connection";
import type { GatewayClient, GatewaySession } from "./gateway";
import { instanceId } from "./instance-id";
import type { SessionDescription } from "./session-description";
import { WebSocketTransport, type WebSocketTransportOptions } from "./web-socket-transport";

export interface SipLinkOptions {
  readonly gateway: GatewayClient;
  /** The WebSocket's URL, without the ticket. */
  readonly url: string;
  readonly onSession: (session: GatewaySession) => void;
  readonly onDown: () => void;
  readonly onInvite: (invitation: Invitation) => void;
  /** Outside of a call. Without these two SIP.js takes a text and loses it, and refuses a NOTIFY. */
  readonly onMessage: (message: Message) => void;
  readonly onNotify: (notification: Notification) => void;
}

/** Seconds. A caller whose CANCEL was lost with the connection shall not ring for ever. */
const kNoAnswerTimeout = 120;

/** Seconds asked for; the gateway may grant less. */
const kRegistrationExpires = 300;

/** The SIP user agent and its WebSocket. The user agent outlives connections, and so do calls. */
export class SipLink implements Link {
  readonly #options: SipLinkOptions;
  #userAgent: UserAgent | undefined;

  constructor(options: SipLinkOptions) {
    this.#options = options;
  }

  /** There is one as soon as the first session is open. */
  get userAgent(): UserAgent | undefined {
    return this.#userAgent;
  }

  async open(): Promise<void> {
    this.#userAgent ??= await this.#createUserAgent();
    if (this.#userAgent.state === UserAgentState.Started) await this.#userAgent.reconnect();
    else await this.#userAgent.start();
  }

  close(): void {
    void this.#userAgent?.transport.disconnect();
  }

  /** Ends a connection that no longer answers; onDown follows. */
  drop(): void {
    (this.#userAgent?.transport as WebSocketTransport | undefined)?.drop();
  }

  /** Whether a Contact header field names this user agent: SIP.js made up its user part. */
  isOurs(contact: string): boolean {
    const user = this.#userAgent?.contact.uri.user;
    return user !== undefined && contact.includes(`sip:${user}@`);
  }

  createRegisterer(): Registerer {
    if (this.#userAgent === undefined) throw new Error("Registered before connected.");
    return new Registerer(this.#userAgent, {
      expires: kRegistrationExpires,
      extraContactHeaderParams: ["reg-id=1"],
      logConfiguration: false,
    });
  }

  async #createUserAgent(): Promise<UserAgent> {
    const { gateway, url, onDown, onInvite, onMessage, onNotify, onSession } = this.#options;
    const session = await gateway.openSession();
    onSession(session);
    const uri = UserAgent.makeURI(session.sip.uri);
    if (uri === undefined) throw new Error("The session has no SIP address.");
    const transportOptions: WebSocketTransportOptions = {
      url: async () => `${url}?ticket=${encodeURIComponent(await gateway.takeTicket())}`,
    };
    return new UserAgent({
      uri,
      instanceId: await instanceId(),
      instanceIdAlwaysAdded: true, // a dialog belongs to the device, so each Contact names it
      transportConstructor: WebSocketTransport,
      transportOptions,
      sessionDescriptionHandlerFactory: ({ data }) => data as SessionDescription,
      noAnswerTimeout: kNoAnswerTimeout,
      userAgentString: "Offhook",
      logBuiltinEnabled: false, // its log holds whole messages
      logConfiguration: false,
      delegate: { onDisconnect: onDown, onInvite, onMessage, onNotify },
    });
  }
}
