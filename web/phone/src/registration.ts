import { type Core, type Registerer, RegistererState } from "sip.js";
import { BackOff } from "./back-off";
import { Observable } from "./observable";
import type { RegistrationState } from "./types";

export interface RegistrationOptions {
  readonly create: () => Registerer;
  /** Whether a Contact header field is this device's: the answer lists all of the user's. */
  readonly isOurs: (contact: string) => boolean;
  /** A REGISTER got no usable answer: the connection is dead, whatever the browser says. */
  readonly onSilence: () => void;
  readonly random?: () => number;
}

/** Milliseconds within which the gateway answers a REGISTER. */
const kAnswerTimeout = 8000;

/** Seconds: below this a refresh costs more than it is worth. */
const kLeastExpires = 30;

/**
 * Registered while the connection is up. Each connection gets a Registerer of its own: one whose
 * REGISTER was under way when the connection dropped refuses to send another for 32 seconds.
 */
export class Registration extends Observable<RegistrationState> {
  readonly #options: RegistrationOptions;
  readonly #random: () => number;
  readonly #backOff: BackOff;
  #registerer: Registerer | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  /** The next REGISTER, be it a refresh or another try. */
  #next: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RegistrationOptions) {
    super("unregistered");
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#backOff = new BackOff({ first: 1000, longest: 60_000, random: this.#random });
  }

  connected(): void {
    this.disconnected();
    this.#registerer = this.#options.create();
    this.publish("registering");
    this.#register(this.#registerer);
  }

  /** Without a connection: disposing sends nothing, it only stops the timers. */
  disconnected(): void {
    const registerer = this.#registerer;
    this.#registerer = undefined;
    clearTimeout(this.#silence);
    clearTimeout(this.#next);
    void registerer?.dispose();
    if (this.snapshot !== "unregistered") this.publish("unregistered");
  }

  /** Refreshes now, to find out whether the connection still carries anything. */
  probe(): void {
    if (this.snapshot !== "registered" || this.#registerer === undefined) return;
    this.#register(this.#registerer);
  }

  /** Best effort, for a page that goes away: the request leaves before this returns. */
  unregister(): void {
    if (this.#registerer?.state !== RegistererState.Registered) return;
    this.#registerer.unregister().catch(() => undefined);
  }

  #register(registerer: Registerer): void {
    clearTimeout(this.#next);
    const current = (then: () => void) => () => {
      if (registerer === this.#registerer) then();
    };
    registerer
      .register({
        requestDelegate: {
          onAccept: ({ message }) => current(() => this.#accepted(registerer, message))(),
          onReject: current(() => this.#rejected(registerer)),
          onRedirect: current(() => this.#rejected(registerer)),
        },
      })
      .then(
        current(() => {
          clearTimeout(this.#silence);
          this.#silence = setTimeout(() => this.#options.onSilence(), kAnswerTimeout);
        }),
        () => undefined, // one is under way: its own timer runs
      );
  }

  #accepted(registerer: Registerer, message: Core.IncomingResponseMessage): void {
    clearTimeout(this.#silence);
    this.#backOff.reset();
    this.publish("registered");
    // At 80 to 90 per cent, so that pages do not refresh in step.
    const contact = message.getHeaders("contact").find(this.#options.isOurs) ?? "";
    const wait = grantedSeconds(contact) * 1000 * (0.8 + 0.1 * this.#random());
    this.#next = setTimeout(() => this.#register(registerer), wait);
  }

  #rejected(registerer: Registerer): void {
    clearTimeout(this.#silence);
    this.publish("rejected");
    const wait = Math.max(this.#backOff.next(), (registerer.retryAfter ?? 0) * 1000);
    this.#next = setTimeout(() => this.#register(registerer), wait);
  }
}

/** Seconds; RFC 3261 section 10.2.4 puts them into the contact's `expires` parameter. */
function grantedSeconds(contact: string): number {
  const granted = Number(/;\s*expires\s*=\s*"?(\d+)/i.exec(contact)?.[1] ?? kLeastExpires);
  return Math.max(kLeastExpires, granted);
}
