import { vi } from "vitest";

/** A SIP message as text, taken apart no further than a test needs. */
export class SipText {
  readonly startLine: string;

  constructor(readonly text: string) {
    this.startLine = text.slice(0, text.indexOf("\r\n"));
  }

  get method(): string {
    return this.startLine.split(" ", 1)[0] ?? "";
  }

  get body(): string {
    return this.text.slice(this.text.indexOf("\r\n\r\n") + 4);
  }

  header(name: string): string {
    return new RegExp(`^${name}: *(.*)\r$`, "im").exec(this.text)?.[1] ?? "";
  }
}

export interface Answer {
  readonly headers?: readonly string[];
  readonly sdp?: string;
}

export interface Told {
  readonly callId?: string;
  readonly from?: string;
  readonly headers?: readonly string[];
}

const kTag = "tag=gateway";
const kSdp = "application/sdp";

/** The gateway's requests within calls: each has a number of its own. */
let requests = 0;

/** The gateway's end of one WebSocket, and of what goes over it. */
export class FakeSocket {
  static sockets: FakeSocket[] = [];
  readonly received: SipText[] = [];
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;

  constructor(
    readonly url: string,
    readonly protocol: string,
  ) {
    FakeSocket.sockets.push(this);
  }

  static get last(): FakeSocket {
    const socket = FakeSocket.sockets.at(-1);
    if (socket === undefined) throw new Error("Nothing has connected.");
    return socket;
  }

  send(text: string): void {
    this.received.push(new SipText(text));
  }

  close(): void {
    this.onclose = null;
  }

  open(): void {
    this.onopen?.();
  }

  lose(): void {
    this.onclose?.();
  }

  /** The latest request of this method. */
  request(method: string): SipText {
    const request = this.received.findLast((message) => message.method === method);
    if (request === undefined) throw new Error(`No ${method} came.`);
    return request;
  }

  has(method: string): boolean {
    return this.received.some((message) => message.method === method);
  }

  answer(request: SipText, status: string, { headers = [], sdp = "" }: Answer = {}): void {
    const to = request.header("To");
    this.#deliver(`SIP/2.0 ${status}`, sdp, [
      `Via: ${request.header("Via")}`,
      `From: ${request.header("From")}`,
      `To: ${to.includes("tag=") ? to : `${to};${kTag}`}`,
      `Call-ID: ${request.header("Call-ID")}`,
      `CSeq: ${request.header("CSeq")}`,
      "Contact: <sip:gateway@offhook.invalid;transport=ws>",
      ...headers,
    ]);
  }

  /** Answers a REGISTER with the binding that it asked for. */
  register(seconds = 120): void {
    const request = this.request("REGISTER");
    const contact = request.header("Contact").replace(/expires=\d+/, `expires=${seconds}`);
    this.answer(request, "200 OK", { headers: [`Contact: ${contact}`] });
  }

  /** Sends an INVITE, or a later request of the same call, to the browser. */
  ask(method: string, headers: readonly string[] = [], sdp = ""): void {
    const cseq = ["INVITE", "ACK", "CANCEL"].includes(method) ? 1 : 2;
    const branch = method === "CANCEL" ? "invite" : method.toLowerCase();
    const early = method === "INVITE" || method === "CANCEL";
    this.#deliver(`${method} sip:demo@browser.invalid;transport=ws SIP/2.0`, sdp, [
      `Via: SIP/2.0/WS gateway.invalid;branch=z9hG4bK${branch}`,
      `From: "Ada" <sip:2125550106@offhook.invalid>;${kTag}`,
      `To: <sip:demo@offhook.invalid>${early ? "" : `;${this.#browserTag()}`}`,
      "Call-ID: incoming",
      `CSeq: ${cseq} ${method}`,
      "Contact: <sip:gateway@offhook.invalid;transport=ws>",
      "Max-Forwards: 70",
      ...headers,
    ]);
  }

  /** A request outside of any call, from a provider's customer. */
  tell(
    method: string,
    type: string,
    body: string,
    {
      callId = `told-${++requests}`,
      from = '"Ada" <sip:2125550106@offhook.invalid>',
      headers = [],
    }: Told = {},
  ): void {
    const fields = [
      `Via: SIP/2.0/WS gateway.invalid;branch=z9hG4bK${method}${++requests}`,
      `From: ${from};${kTag}`,
      "To: <sip:demo@offhook.invalid>",
      `Call-ID: ${callId}`,
      `CSeq: 1 ${method}`,
      "Max-Forwards: 70",
      ...headers,
    ];
    this.#deliver(`${method} sip:demo@browser.invalid;transport=ws SIP/2.0`, body, fields, type);
  }

  /** The status of the browser's latest response. */
  get status(): string {
    const response = this.received.findLast(({ startLine }) => startLine.startsWith("SIP/2.0 "));
    return response?.startLine.split(" ")[1] ?? "";
  }

  /** The far end hangs up the call that this INVITE set up. */
  bye(invite: SipText, headers: readonly string[] = []): void {
    this.inDialog("BYE", invite, headers);
  }

  /** How the transfer of that call goes (RFC 3515). */
  notify(invite: SipText, status: string, headers: readonly string[] = []): void {
    const about = ["Event: refer", "Subscription-State: active;expires=60"];
    const type = "message/sipfrag;version=2.0";
    this.inDialog("NOTIFY", invite, [...about, ...headers], `SIP/2.0 ${status}\r\n`, type);
  }

  /** A request within the call that this INVITE of the browser set up. */
  inDialog(
    method: string,
    invite: SipText,
    headers: readonly string[] = [],
    body = "",
    type = kSdp,
  ): void {
    const number = method === "ACK" ? requests : ++requests; // RFC 3261 section 13.2.2.4
    const startLine = `${method} sip:demo@browser.invalid;transport=ws SIP/2.0`;
    const fields = [
      `Via: SIP/2.0/WS gateway.invalid;branch=z9hG4bK${method}${number}`,
      `From: ${invite.header("To")};${kTag}`,
      `To: ${invite.header("From")}`,
      `Call-ID: ${invite.header("Call-ID")}`,
      `CSeq: ${number} ${method}`,
      "Contact: <sip:gateway@offhook.invalid;transport=ws>",
      "Max-Forwards: 70",
      ...headers,
    ];
    this.#deliver(startLine, body, fields, type);
  }

  #browserTag(): string {
    const final = this.received.find(({ startLine }) => startLine.startsWith("SIP/2.0 200"));
    return /tag=[^;\s]+/.exec(final?.header("To") ?? "")?.[0] ?? "";
  }

  #deliver(startLine: string, body: string, headers: readonly string[], type = kSdp): void {
    const content = body === "" ? [] : [`Content-Type: ${type}`];
    const lines = [
      startLine,
      ...headers,
      ...content,
      `Content-Length: ${new TextEncoder().encode(body).length}`,
      "",
      body,
    ];
    this.onmessage?.({ data: lines.join("\r\n") });
  }
}

/** Replaces the network of a page by this gateway. */
export function installGateway(): void {
  FakeSocket.sockets = [];
  vi.stubGlobal("WebSocket", FakeSocket);
  let tickets = 0;
  vi.stubGlobal("fetch", (path: string) => {
    const session = {
      user: { name: "demo" },
      sip: { uri: "sip:demo@offhook.invalid" },
      demo: true,
      trunks: [],
    };
    const body = path.endsWith("/session") ? session : { ticket: `t${++tickets}` };
    return Promise.resolve(new Response(JSON.stringify(body)));
  });
}
