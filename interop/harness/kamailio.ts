// Kamailio as the provider: interop/kamailio/kamailio.cfg. What it knows is asked over its own HTTP port.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually } from "../../web/e2e/harness/wait.ts";
import type { Certificate } from "./certificates.ts";
import { account } from "./configuration.ts";
import { Program } from "./program.ts";
import { work } from "./work.ts";

export type Transport = "udp" | "tcp" | "tls";

export interface KamailioOptions {
  address?: string;
  maxExpires?: number; // seconds
  minExpires?: number; // seconds
  algorithm?: "MD5" | "SHA-256";
  tls?: Certificate; // listens for TLS as well
}

// As Kamailio's ul.dump writes it.
export interface Binding {
  Address: string;
  Expires: number; // seconds left
  "Call-ID": string;
  CSeq: number;
  Received: string;
  Socket: string;
}

interface Dump {
  Domains: {
    Domain: { AoRs: { Info: { AoR: string; Contacts: { Contact: Binding }[] } }[] };
  }[];
}

const text = (value: string) => JSON.stringify(value);

export class Kamailio {
  static readonly realm = "kamailio.example.test";
  // UDP and TCP; TLS has the next one.
  static readonly port = 15060;
  static readonly tlsPort = 15061;
  // Of the SIP server behind it that stands for the telephone network.
  static readonly networkPort = 15070;
  static readonly #controlPort = 15080;
  readonly #program: Program;
  readonly #control: string;

  private constructor(options: KamailioOptions) {
    const definitions: Record<string, string | number> = {
      REALM: text(Kamailio.realm),
      PASSWORD: text(account.password),
      MAX_EXPIRES: options.maxExpires ?? 3600,
      MIN_EXPIRES: options.minExpires ?? 0,
      ALGORITHM: text(options.algorithm ?? ""),
      NETWORK: text(`sip:127.0.0.1:${Kamailio.networkPort}`),
      NETWORK_PORT: Kamailio.networkPort,
    };
    if (options.tls) {
      definitions.CERTIFICATE = text(options.tls.certificate);
      definitions.PRIVATE_KEY = text(options.tls.key);
    }
    const address = options.address ?? "127.0.0.1";
    this.#control = `${address}:${Kamailio.#controlPort}`;
    const listen = [
      `udp:${address}:${Kamailio.port}`,
      `tcp:${address}:${Kamailio.port}`,
      `tcp:${this.#control}`,
      ...(options.tls ? [`tls:${address}:${Kamailio.tlsPort}`] : []),
    ];
    const run = join(work, `kamailio-${address}`);
    mkdirSync(run, { recursive: true });
    this.#program = new Program(
      "kamailio",
      [
        ...["-f", fileURLToPath(new URL("../kamailio/kamailio.cfg", import.meta.url))],
        // In the foreground, its messages on stderr, little memory.
        ...["-DD", "-E", "-m", "32", "-M", "4", "-Y", run, "-w", run],
        ...Object.entries(definitions).flatMap(([name, value]) => ["-A", `${name}=${value}`]),
        ...(options.tls ? ["-A", "WITH_TLS"] : []),
        ...listen.flatMap((endpoint) => ["-l", endpoint]),
      ],
      work,
    );
  }

  static async start(options: KamailioOptions = {}): Promise<Kamailio> {
    const kamailio = new Kamailio(options);
    await eventually("Kamailio answers", () => kamailio.bindings()).catch((error: unknown) => {
      throw new Error(kamailio.log, { cause: error });
    });
    return kamailio;
  }

  get log(): string {
    return this.#program.everything;
  }

  // The requests it got, as "REGISTER from tcp".
  get requests(): string[] {
    return [...this.log.matchAll(/received (\w+) from (\w+):/g)].map(
      ([, method, protocol]) => `${method} from ${protocol}`,
    );
  }

  async bindings(): Promise<Binding[]> {
    const response = await fetch(`http://${this.#control}/RPC`, {
      method: "POST",
      body: JSON.stringify({ jsonrpc: "2.0", method: "ul.dump", id: 1 }),
    });
    const { result } = (await response.json()) as { result: Dump };
    return result.Domains.flatMap(({ Domain }) =>
      Domain.AoRs.filter(({ Info }) => Info.AoR === account.username).flatMap(({ Info }) =>
        Info.Contacts.map(({ Contact }) => Contact),
      ),
    );
  }

  // The account's only binding.
  async binding(): Promise<Binding> {
    return eventually("Kamailio holds one binding", async () => {
      const [binding, ...others] = await this.bindings();
      return others.length === 0 ? binding : undefined;
    }).catch((error: unknown) => {
      throw new Error(this.log.slice(-3000), { cause: error });
    });
  }

  async kill(): Promise<void> {
    await this.#program.kill();
  }

  // The connections stay, and nothing is answered.
  freeze(): void {
    this.#program.freeze();
  }

  thaw(): void {
    this.#program.thaw();
  }
}
