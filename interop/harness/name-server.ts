// dnsmasq with records of its own and nothing else: it asks nobody.
import { connect } from "node:net";
import { eventually } from "../../web/e2e/harness/wait.ts";
import { Program } from "./program.ts";
import { work } from "./work.ts";

export type DnsRecord =
  | { type: "A"; name: string; address: string }
  | { type: "SRV"; name: string; priority: number; weight: number; port: number; target: string }
  | { type: "NAPTR"; name: string; order: number; service: string; replacement: string };

export interface Zone {
  records: DnsRecord[];
  ttl: number; // seconds
}

function option(record: DnsRecord): string {
  const { name } = record;
  switch (record.type) {
    case "A":
      return `--host-record=${name},${record.address}`;
    case "SRV":
      return `--srv-host=${name},${record.target},${record.port},${record.priority},${record.weight}`;
    case "NAPTR":
      return `--naptr-record=${name},${record.order},50,s,${record.service},,${record.replacement}`;
  }
}

export class NameServer {
  static readonly #port = 15353;
  static readonly endpoint = `127.0.0.1:${NameServer.#port}`;
  readonly #program: Program;

  private constructor(zone: Zone) {
    this.#program = new Program(
      "dnsmasq",
      [
        ...["--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--log-queries"],
        ...["--listen-address=127.0.0.1", "--bind-interfaces", `--port=${NameServer.#port}`],
        ...["--local=/test/", `--local-ttl=${zone.ttl}`, `--neg-ttl=${zone.ttl}`],
        ...zone.records.map(option),
      ],
      work,
    );
  }

  static async start(zone: Zone): Promise<NameServer> {
    const server = new NameServer(zone);
    await eventually("dnsmasq listens", () => accepts(NameServer.#port)).catch((error: unknown) => {
      throw new Error(server.#program.everything, { cause: error });
    });
    return server;
  }

  // The questions so far, as "SRV _sip._udp.example.test".
  get questions(): string[] {
    const lines = this.#program.everything.matchAll(/query\[(\w+)\] (\S+) from/g);
    return [...lines].map(([, type, name]) => `${type} ${name}`);
  }

  async kill(): Promise<void> {
    await this.#program.kill();
  }
}

// Whether somebody takes TCP connections there.
export function accepts(port: number, host = "127.0.0.1"): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(undefined));
  });
}
