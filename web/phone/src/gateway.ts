import { type Problem, ProblemError } from "./problem";

export interface Trunk {
  readonly name: string;
  /** `registered`, `ready` where nothing is to be registered, or what keeps it from that. */
  readonly state: string;
  /** In words, when it is not well. */
  readonly reason: string;
}

export interface GatewaySession {
  readonly user: { readonly name: string };
  readonly sip: { readonly uri: string };
  readonly demo: boolean;
  readonly trunks: readonly Trunk[];
}

/** Milliseconds until an unanswered HTTP request counts as failed. */
const kTimeout = 8000;

const kUnreachable: Problem = {
  code: "gateway_unreachable",
  sentence: "The phone server cannot be reached.",
  action: "It is tried again by itself.",
};

/** The gateway's HTTP API, as far as a phone needs it. */
export class GatewayClient {
  readonly #base: string;

  /** @param base where the gateway is, without a slash at the end; empty for the page's own. */
  constructor(base = "") {
    this.#base = base;
  }

  openSession(): Promise<GatewaySession> {
    return this.#json<GatewaySession>("POST", "/api/session");
  }

  /** A ticket for one WebSocket connection. A session that has gone is opened again. */
  async takeTicket(): Promise<string> {
    const take = () => this.#json<{ ticket: string }>("POST", "/api/tickets");
    try {
      return (await take()).ticket;
    } catch (error) {
      if (!(error instanceof ProblemError) || error.problem.code !== "http_401") throw error;
      await this.openSession();
      return (await take()).ticket;
    }
  }

  async trunks(): Promise<readonly Trunk[]> {
    return (await this.#json<{ trunks: readonly Trunk[] }>("GET", "/api/status")).trunks;
  }

  async #json<T>(method: "GET" | "POST", path: string): Promise<T> {
    let response: Response;
    try {
      response = await fetch(this.#base + path, {
        method,
        credentials: "same-origin",
        cache: "no-store",
        signal: AbortSignal.timeout(kTimeout),
      });
    } catch {
      throw new ProblemError(kUnreachable);
    }
    if (!response.ok) throw new ProblemError(await problemIn(response));
    return (await response.json()) as T;
  }
}

async function problemIn(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => undefined);
  const message = (body as { error?: { message?: unknown } } | undefined)?.error?.message;
  return {
    code: `http_${response.status}`,
    sentence: typeof message === "string" ? message : "The phone server refused.",
    action: "Reload the page if this stays.",
  };
}
