// A provider whose TLS offers RSA key exchange and TLS 1.2 and nothing newer, as VoIP.ms': `openssl s_server` does the
// TLS, the test answers what it decrypts.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Gateway } from "../web/e2e/harness/gateway.ts";
import { eventually } from "../web/e2e/harness/wait.ts";
import { Authority } from "./harness/certificates.ts";
import { writeConfiguration } from "./harness/configuration.ts";
import { accepts, NameServer } from "./harness/name-server.ts";
import { Program } from "./harness/program.ts";
import { work } from "./harness/work.ts";

const host = "atlanta1.example.test";
const port = 15061;
const requestEnd = "\r\n\r\n";

// Answers every request with 200. Requests without a body only: REGISTER and OPTIONS.
class TlsProvider {
  readonly #program: Program;
  #answered = 0;
  readonly #watch: NodeJS.Timeout;
  readonly requests: string[] = [];

  private constructor(authority: Authority) {
    const { certificate, key } = authority.issue(host);
    const limits = ["-tls1_2", "-cipher", "kRSA"];
    this.#program = new Program(
      "openssl",
      [
        ...["s_server", "-accept", `127.0.0.1:${port}`, "-cert", certificate, "-key", key],
        // What was negotiated on stderr, nothing but what is decrypted on stdout, no commands on stdin.
        ...[...limits, "-brief"],
      ],
      work,
    );
    this.#watch = setInterval(() => this.#answer(), 20);
  }

  static async start(authority: Authority): Promise<TlsProvider> {
    const provider = new TlsProvider(authority);
    await eventually("s_server listens", () => accepts(port));
    return provider;
  }

  // Of all handshakes so far.
  get ciphers(): string[] {
    return [...this.#program.everything.matchAll(/^Ciphersuite: (\S+)/gm)].map(([, name]) => name!);
  }

  get versions(): string[] {
    return [...this.#program.everything.matchAll(/^Protocol version: (\S+)/gm)].map(
      ([, name]) => name!,
    );
  }

  async kill(): Promise<void> {
    clearInterval(this.#watch);
    await this.#program.kill();
  }

  #answer(): void {
    const rest = this.#program.output.slice(this.#answered);
    const start = rest.search(/[A-Z]+ sips?:/);
    const end = rest.indexOf(requestEnd, start);
    if (start < 0 || end < 0) return;
    const request = rest.slice(start, end + 2);
    this.#answered += end + requestEnd.length;
    this.requests.push(request);
    const header = (name: string) =>
      (new RegExp(`^${name}:.*\r\n`, "gim").exec(request) ?? [""])[0];
    const to = header("To").replace("\r\n", ";tag=as5c9da5ce\r\n");
    const copied = ["Via", "From", "Call-ID", "CSeq", "Contact", "Expires"].map(header).join("");
    this.#program.type(`SIP/2.0 200 OK\r\n${copied}${to}Content-Length: 0\r\n\r\n`);
  }
}

describe("A TLS server with RSA key exchange only", () => {
  let authority: Authority;
  let provider: TlsProvider;
  let names: NameServer;

  before(async () => {
    authority = new Authority("provider-authority");
    provider = await TlsProvider.start(authority);
    names = await NameServer.start({
      ttl: 60,
      records: [{ type: "A", name: host, address: "127.0.0.1" }],
    });
  });
  after(async () => {
    await provider?.kill();
    await names?.kill();
  });

  const configuration = (tls: Record<string, string>) =>
    writeConfiguration(
      "rsa",
      { hosts: [host], port, transport: "tls", tls_ca_file: authority.file, ...tls },
      { nameServers: [NameServer.endpoint] },
    );

  test("is registered at with what we offer by default", async () => {
    const gateway = await Gateway.startConfigured(configuration({}));
    await gateway.stop();
    assert.deepEqual(new Set(provider.versions), new Set(["TLSv1.2"]));
    assert.doesNotMatch(provider.ciphers.join(), /DHE/);
    const [register, unregister] = provider.requests;
    assert.match(register!, new RegExp(`^REGISTER sips?:${host.replaceAll(".", "\\.")}`));
    assert.match(register!, /^Via: SIP\/2\.0\/TLS /m);
    assert.match(unregister!, /^Expires: 0\r$/m);
  });

  test("is registered at with the cipher that the trunk names", async () => {
    const gateway = await Gateway.startConfigured(
      configuration({ tls_maximum: "1.2", tls_ciphers: "AES128-GCM-SHA256" }),
    );
    await gateway.stop();
    assert.equal(provider.ciphers.at(-1), "AES128-GCM-SHA256");
  });

  test("gets nothing from a trunk that wants TLS 1.3, and the trunk says why", async () => {
    const before = provider.requests.length;
    const gateway = await Gateway.startBeforeItsTrunks(configuration({ tls_minimum: "1.3" }));
    try {
      await eventually("the trunk says that TLS failed", async () =>
        /TLS|handshake|protocol version/i.test((await gateway.status()).trunks[0]?.reason ?? "")
          ? true
          : undefined,
      );
      assert.equal(provider.requests.length, before);
    } finally {
      await gateway.stop();
    }
  });
});
