import type { Invitation } from "sip.js";
import type { Call, CallContext } from "./call";
import { Connection } from "./connection";
import { dialString } from "./dial-string";
import { GatewayClient, type GatewaySession } from "./gateway";
import { IncomingCall } from "./incoming-call";
import { Observable } from "./observable";
import { OutgoingCall } from "./outgoing-call";
import type { Problem } from "./problem";
import { Registration } from "./registration";
import { RemoteAudio } from "./remote-audio";
import { SipLink } from "./sip-link";
import type { PhoneSnapshot } from "./types";

export interface PhoneOptions {
  readonly gateway?: GatewayClient;
  /** The WebSocket's URL, without a ticket; by default `/sip` where the page comes from. */
  readonly url?: string;
  /** Echo cancellation, noise suppression and gain control of the microphone; on by default. */
  readonly processing?: boolean;
  /** Where the far end is heard; by default an element of its own. */
  readonly audioElement?: HTMLAudioElement;
}

const kOffline: Problem = {
  code: "offline",
  sentence: "There is no connection to the phone server.",
  action: "Wait until it is back, then call again.",
};

const kNoNumber: Problem = {
  code: "no_number",
  sentence: "There is no number to call.",
  action: "Type one first.",
};

const kTooLong: Problem = {
  code: "number_too_long",
  sentence: "The number is too long.",
  action: "Check it, then call again.",
};

/** The most digits that the gateway dials, a `+` not among them. */
const kDialledDigits = 32;

/** A phone: its connection to the gateway, its registration, its calls. */
export class Phone extends Observable<PhoneSnapshot> {
  readonly #link: SipLink;
  readonly #connection: Connection;
  readonly #registration: Registration;
  readonly #audio: RemoteAudio;
  readonly #processing: boolean;
  readonly #calls = new Map<string, Call>();
  readonly #deferred: (() => void)[] = [];
  #session: GatewaySession | undefined;

  constructor(options: PhoneOptions = {}) {
    super({ connection: "offline", registration: "unregistered", calls: [] });
    this.#processing = options.processing ?? true;
    this.#audio = new RemoteAudio(options.audioElement);
    this.#link = new SipLink({
      gateway: options.gateway ?? new GatewayClient(),
      url: options.url ?? `${location.origin.replace(/^http/, "ws")}/sip`,
      onSession: (session) => {
        this.#session = session;
        this.#refresh();
      },
      onDown: () => this.#connection.linkLost(),
      onInvite: (invitation) => this.#invited(invitation),
    });
    this.#connection = new Connection(this.#link);
    this.#registration = new Registration({
      create: () => this.#link.createRegisterer(),
      isOurs: (contact) => this.#link.isOurs(contact),
      onSilence: () => this.#link.drop(),
    });
    this.#connection.subscribe(() => this.#connectionChanged());
    this.#registration.subscribe(() => this.#registrationChanged());
  }

  /** Connects and stays connected until disconnect(). */
  connect(): void {
    addEventListener("online", this.#networkChanged);
    addEventListener("pagehide", this.#pageHidden);
    addEventListener("pageshow", this.#pageShown);
    document.addEventListener("visibilitychange", this.#visibilityChanged);
    this.#connection.start();
  }

  /** Ends all calls, unregisters and closes the connection. */
  disconnect(): void {
    removeEventListener("online", this.#networkChanged);
    removeEventListener("pagehide", this.#pageHidden);
    removeEventListener("pageshow", this.#pageShown);
    document.removeEventListener("visibilitychange", this.#visibilityChanged);
    this.#leave();
    this.#connection.stop();
  }

  /** Calls a number as typed. The call is there at once, if only to say why it failed. */
  call(typed: string): Call {
    const number = dialString(typed);
    const call = new OutgoingCall(this.#context(), number);
    this.#add(call);
    if (number === "") call.fail(kNoNumber);
    else if (number.replace("+", "").length > kDialledDigits) call.fail(kTooLong);
    else if (!this.#connection.isUp) call.fail(kOffline);
    else void call.start();
    return call;
  }

  find(id: string): Call | undefined {
    return this.#calls.get(id);
  }

  /** Forgets a call that is over. */
  dismiss(id: string): void {
    if (this.#calls.get(id)?.isOver === true && this.#calls.delete(id)) this.#refresh();
  }

  #invited(invitation: Invitation): void {
    const call = new IncomingCall(this.#context(), invitation);
    if ([...this.#calls.values()].some(({ isOver }) => !isOver)) call.refuseBusy();
    else this.#add(call);
  }

  #add(call: Call): void {
    for (const [id, { isOver }] of this.#calls) if (isOver) this.#calls.delete(id);
    this.#calls.set(call.id, call);
    call.subscribe(() => this.#refresh());
    this.#refresh();
  }

  #context(): CallContext {
    const link = this.#link;
    return {
      get userAgent() {
        if (link.userAgent === undefined) throw new Error("A call without a user agent.");
        return link.userAgent;
      },
      audio: this.#audio,
      processing: this.#processing,
      whenConnected: (action) => {
        if (this.#connection.isUp) action();
        else this.#deferred.push(action);
      },
    };
  }

  #connectionChanged(): void {
    if (this.#connection.isUp) {
      this.#registration.connected();
      for (const action of this.#deferred.splice(0)) action();
    } else {
      this.#registration.disconnected();
      for (const call of this.#calls.values()) call.connectionLost();
    }
    this.#refresh();
  }

  #registrationChanged(): void {
    if (this.#registration.snapshot === "registered") {
      for (const call of this.#calls.values()) call.verify();
    }
    this.#refresh();
  }

  #refresh(): void {
    const { state, problem } = this.#connection.snapshot;
    this.publish({
      connection: state,
      registration: this.#registration.snapshot,
      calls: Array.from(this.#calls.values(), ({ snapshot }) => snapshot),
      ...(problem && { problem }),
      ...(this.#session && { session: this.#session }),
    });
  }

  #leave(): void {
    for (const call of this.#calls.values()) if (!call.isOver) call.hangUp();
    this.#registration.unregister();
  }

  /** The network came back: a page in the background has to ring, too. */
  readonly #networkChanged = () => {
    this.#connection.retryNow();
    this.#registration.probe();
  };

  /** The page came to the front after its timers slept. */
  readonly #visibilityChanged = () => {
    if (document.visibilityState !== "hidden") this.#networkChanged();
  };

  readonly #pageHidden = () => {
    this.#leave();
    this.#connection.stop();
  };

  /** Only a page from the back/forward cache is shown without having been loaded. */
  readonly #pageShown = ({ persisted }: PageTransitionEvent) => {
    if (persisted) this.#connection.start();
  };
}
