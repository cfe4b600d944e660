// Certificates that must not be believed, shown by `openssl s_server`: the trunk says what is wrong, and nothing that tells
// of the account is sent.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Gateway } from "../web/e2e/harness/gateway.ts";
import { eventually } from "../web/e2e/harness/wait.ts";
import { Authority, type Certificate } from "./harness/certificates.ts";
import { writeConfiguration } from "./harness/configuration.ts";
import { accepts, NameServer } from "./harness/name-server.ts";
import { Program } from "./harness/program.ts";
import { work } from "./harness/work.ts";

const host = "atlanta1.example.test";
const port = 15061;

describe("A TLS server whose certificate", () => {
  let authority: Authority;
  let names: NameServer;

  before(async () => {
    authority = new Authority("trusted-authority");
    names = await NameServer.start({
      ttl: 60,
      records: [{ type: "A", name: host, address: "127.0.0.1" }],
    });
  });
  after(() => names?.kill());

  // What the trunk says of a server that shows this certificate.
  async function reasonWith({ certificate, key }: Certificate, said: RegExp): Promise<void> {
    const server = new Program(
      "openssl",
      [
        ...["s_server", "-accept", `127.0.0.1:${port}`, "-cert", certificate, "-key", key],
        ...["-tls1_2", "-cipher", "kRSA", "-brief"],
      ],
      work,
    );
    const trunk = { hosts: [host], port, transport: "tls", tls_ca_file: authority.file };
    const path = writeConfiguration("certificates", trunk, { nameServers: [NameServer.endpoint] });
    let gateway: Gateway | undefined;
    let last = "";
    try {
      await eventually("s_server listens", () => accepts(port));
      gateway = await Gateway.startBeforeItsTrunks(path);
      await eventually(`the trunk says ${said}`, async () => {
        last = (await gateway!.status()).trunks[0]?.reason ?? "";
        return said.test(last) || undefined;
      }).catch((error: unknown) => {
        throw new Error(`it says: ${last}`, { cause: error });
      });
    } finally {
      await gateway?.stop();
      await server.kill();
    }
    assert.doesNotMatch(server.output, /REGISTER|100001/);
  }

  test("is for another host", () =>
    reasonWith(
      authority.issue("example.org"),
      new RegExp(`the certificate of 127\\.0\\.0\\.1:${port} is for example\\.org, not ${host}`),
    ));

  test("is expired", () =>
    reasonWith(
      authority.issueExpired(host),
      new RegExp(`the certificate of 127\\.0\\.0\\.1:${port} expired on \\d{4}-\\d\\d-\\d\\d`),
    ));

  test("is self-signed", () =>
    reasonWith(new Authority(host).own, /is self-signed, and not among the trusted ones/));

  test("is by an authority that is not trusted", () =>
    reasonWith(
      new Authority("another-authority").issue(host),
      /was issued by another-authority, which is not among the trusted authorities/,
    ));
});
