import type { Invitation } from "sip.js";
import type { Call } from "./call";
import type { CallContext } from "./call-context";
import { CallList } from "./call-list";
import { Connection } from "./connection";
import { dialString } from "./dial-string";
import { dialProblem } from "./dial-target";
import { GatewayClient, type GatewaySession } from "./gateway";
import { Inbox } from "./inbox";
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

const kTooMany: Problem = {
  code: "too_many_calls",
  sentence: "There are too many calls at once.",
  action: "End one of them, then call again.",
};

const kCalling: Problem = {
  code: "calling_already",
  sentence: "Another call is being set up.",
  action: "Wait for its answer, or end it first.",
};

/** Calls under way at once: one that is talked in, and as many more as a person keeps apart. */
const kMostCalls = 4;

export interface CallOptions {
  /** The call whose far end may be transferred to this number: it is put on hold meanwhile. */
  readonly consultFor?: string;
}

/** A phone: its connection to the gateway, its registration, its calls, what was sent to it. */
export class Phone extends Observable<PhoneSnapshot> {
  readonly #link: SipLink;
  readonly #connection: Connection;
  readonly #registration: Registration;
  readonly #audio: RemoteAudio;
  readonly #processing: boolean;
  readonly #calls = new CallList();
  readonly #inbox = new Inbox();
  readonly #deferred: (() => void)[] = [];
  #session: GatewaySession | undefined;

  constructor(options: PhoneOptions = {}) {
    super({ connection: "offline", registration: "unregistered", calls: [], texts: [] });
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
      onMessage: (message) => this.#inbox.takeText(message),
      onNotify: (notification) => this.#inbox.takeSummary(notification),
    });
    this.#connection = new Connection(this.#link);
    this.#registration = new Registration({
      create: () => this.#link.createRegisterer(),
      isOurs: (contact) => this.#link.isOurs(contact),
      onSilence: () => this.#link.drop(),
    });
    this.#connection.subscribe(() => this.#connectionChanged());
    this.#registration.subscribe(() => this.#registrationChanged());
    this.#inbox.subscribe(() => this.#refresh());
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

  /**
   * Calls a number as typed. The call is there at once, if only to say why it failed. A call that
   * is talked in is put on hold.
   */
  call(typed: string, { consultFor }: CallOptions = {}): Call {
    const number = dialString(typed);
    const problem = dialProblem(number) ?? this.#obstacle();
    const call = new OutgoingCall(this.#context(), number, consultFor);
    this.#calls.choose(call);
    this.#add(call);
    if (problem === undefined) void call.start();
    else call.fail(problem);
    return call;
  }

  find(id: string): Call | undefined {
    return this.#calls.find(id);
  }

  /** Forgets a call that is over. */
  dismiss(id: string): void {
    if (this.#calls.dismiss(id)) this.#refresh();
  }

  #invited(invitation: Invitation): void {
    const call = new IncomingCall(this.#context(), invitation);
    if (this.#calls.underWay.length < kMostCalls) this.#add(call);
    else call.refuseBusy();
  }

  /** Why no call can begin now. */
  #obstacle(): Problem | undefined {
    if (this.#calls.underWay.length >= kMostCalls) return kTooMany;
    if (this.#calls.isCalling) return kCalling;
    return this.#connection.isUp ? undefined : kOffline;
  }

  #add(call: Call): void {
    this.#calls.add(call);
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
      find: (id) => this.#calls.find(id),
      takeOver: (call) => this.#calls.takeOver(call),
    };
  }

  #connectionChanged(): void {
    if (this.#connection.isUp) {
      this.#registration.connected();
      for (const action of this.#deferred.splice(0)) action();
    } else {
      this.#registration.disconnected();
      for (const call of this.#calls) call.connectionLost();
    }
    this.#refresh();
  }

  #registrationChanged(): void {
    if (this.#registration.snapshot === "registered") {
      for (const call of this.#calls) call.verify();
    }
    this.#refresh();
  }

  #refresh(): void {
    const { state, problem } = this.#connection.snapshot;
    const { active } = this.#calls;
    this.publish({
      connection: state,
      registration: this.#registration.snapshot,
      calls: Array.from(this.#calls, ({ snapshot }) => snapshot),
      ...this.#inbox.snapshot,
      ...(active && { activeId: active.id }),
      ...(problem && { problem }),
      ...(this.#session && { session: this.#session }),
    });
  }

  #leave(): void {
    for (const call of this.#calls.underWay) call.hangUp();
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
