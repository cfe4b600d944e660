// Kamailio is the provider: registrar and proxy between us and a telephone network that SIPp plays.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Browser, browsers } from "../web/e2e/harness/browsers.ts";
import { Gateway } from "../web/e2e/harness/gateway.ts";
import { eventually, sleep } from "../web/e2e/harness/wait.ts";
import { Authority } from "./harness/certificates.ts";
import { account, sipPort, writeConfiguration } from "./harness/configuration.ts";
import { Kamailio, type KamailioOptions, type Transport } from "./harness/kamailio.ts";
import { NameServer } from "./harness/name-server.ts";
import { Sipp } from "./harness/sipp.ts";

const host = "kamailio.example.test";
const launch = browsers[0]![1];

// What a transport looks like in a Contact: a connection's is the port that the connection comes from.
const contacts: Record<Transport, RegExp> = {
  udp: new RegExp(`^sip:${account.username}@127\\.0\\.0\\.1:${sipPort}$`),
  tcp: new RegExp(`^sip:${account.username}@127\\.0\\.0\\.1:\\d+;transport=tcp$`, "i"),
  tls: new RegExp(`^sips?:${account.username}@127\\.0\\.0\\.1:\\d+;transport=tls$`, "i"),
};

for (const transport of ["udp", "tcp", "tls"] as const) {
  describe(`Kamailio over ${transport}`, () => {
    const port = transport === "tls" ? Kamailio.tlsPort : Kamailio.port;
    let options: KamailioOptions;
    let kamailio: Kamailio;
    let names: NameServer;
    let gateway: Gateway;
    let browser: Browser;

    before(async () => {
      const authority = new Authority(`authority-${transport}`);
      // Refreshed after 8 to 9 s.
      options = { maxExpires: 10, tls: authority.issue(host) };
      kamailio = await Kamailio.start(options);
      names = await NameServer.start({
        ttl: 60,
        records: [{ type: "A", name: host, address: "127.0.0.1" }],
      });
      const tls = transport === "tls" ? { tls_ca_file: authority.file } : {};
      gateway = await Gateway.startConfigured(
        writeConfiguration(
          `kamailio-${transport}`,
          { hosts: [host], port, transport, ...tls },
          { nameServers: [NameServer.endpoint] },
        ),
      );
      browser = await launch();
      await browser.page.open(gateway.url);
    });
    after(async () => {
      await browser?.close();
      await gateway?.stop();
      await kamailio?.kill();
      await names?.kill();
    });

    test("holds the binding that we registered after one challenge", async () => {
      const binding = await kamailio.binding();
      assert.match(binding.Address, contacts[transport]);
      assert.match(binding.Socket, new RegExp(`^${transport}:127.0.0.1:${port}$`));
      // Where the REGISTER came from: a call in comes to the same place.
      const portOf = (uri: string) => /:(\d+)(;|$)/.exec(uri)?.[1];
      assert.equal(portOf(binding.Address), portOf(binding.Received));
      const registers = kamailio.requests.filter((request) => request.startsWith("REGISTER"));
      assert.deepEqual(registers.slice(0, 2), Array(2).fill(`REGISTER from ${transport}`));
    });

    test("has the binding refreshed before it expires", async () => {
      const first = await kamailio.binding();
      const later = await eventually("the binding is refreshed", async () => {
        const [binding] = await kamailio.bindings();
        assert.ok(binding, "the binding was lost");
        return binding.CSeq > first.CSeq ? binding : undefined;
      });
      assert.equal(later["Call-ID"], first["Call-ID"]);
      assert.equal(later.Address, first.Address);
    });

    test("calls the user over the registered flow", async () => {
      const { page } = browser;
      const sipp = new Sipp("calls", {
        port: Kamailio.networkPort,
        remote: `127.0.0.1:${Kamailio.port}`,
      });
      await page.appears("incoming-call");
      await page.shows("incoming-call", /WIRELESS CALLER/);
      await page.click("answer-button");
      await page.shows("call-status", /connected/i);
      await page.callIsOver();
      await sipp.succeeded();
      await gateway.idle();
    });

    test("takes a call out after a challenge with 407", async () => {
      const { page } = browser;
      const sipp = await new Sipp("hangs-up", { port: Kamailio.networkPort }).listens();
      await page.dial("2125550100");
      await page.shows("call-status", /connected/i);
      await page.callIsOver();
      await sipp.succeeded();
      await gateway.idle();
      assert.ok(kamailio.requests.includes(`INVITE from ${transport}`), kamailio.log);
    });

    test("is waited for after a crash, with a reason, and has its binding when it is back", async () => {
      await kamailio.kill();
      const waiting = await gateway.trunkIs("waiting", 60_000);
      assert.match(waiting.reason, /\w+ \w+/);
      kamailio = await Kamailio.start(options);
      await gateway.trunkIs("registered", 60_000);
      assert.match((await kamailio.binding()).Address, contacts[transport]);
    });

    test("has no binding any more when we have stopped", async () => {
      await browser.close();
      await kamailio.binding();
      const registers = () =>
        kamailio.requests.filter((request) => /^REGISTER/.test(request)).length;
      const before = registers();
      await gateway.stop();
      assert.ok(registers() > before, "only the connection was closed");
      assert.deepEqual(await kamailio.bindings(), []);
    });
  });
}

describe("Kamailio as a registrar", () => {
  const plain = () =>
    writeConfiguration("registrar", { hosts: ["127.0.0.1"], port: Kamailio.port, expires_s: 60 });

  async function withKamailio(
    options: KamailioOptions,
    work: (kamailio: Kamailio) => Promise<void>,
  ) {
    const kamailio = await Kamailio.start(options);
    try {
      await work(kamailio);
    } catch (error) {
      throw new Error(kamailio.log.slice(-3000), { cause: error });
    } finally {
      await kamailio.kill();
    }
  }

  test("that finds our expiry too brief gets what it asks for", () =>
    withKamailio({ minExpires: 90 }, async (kamailio) => {
      const gateway = await Gateway.startConfigured(plain());
      try {
        const { Expires } = await kamailio.binding();
        assert.ok(Expires > 60 && Expires <= 90, `${Expires} s`);
      } finally {
        await gateway.stop();
      }
    }));

  for (const literal of ["::1", "[::1]"]) {
    test(`at ${literal} holds our binding`, () =>
      withKamailio({ address: "[::1]" }, async (kamailio) => {
        const gateway = await Gateway.startConfigured(
          writeConfiguration(
            "registrar-6",
            { hosts: [literal], port: Kamailio.port },
            { address: "::1" },
          ),
        );
        try {
          assert.match((await kamailio.binding()).Address, /^sip:100001@\[::1\]:15062$/);
        } finally {
          await gateway.stop();
        }
      }));
  }

  for (const algorithm of ["MD5", "SHA-256"] as const) {
    test(`that challenges with ${algorithm} is answered in it`, () =>
      withKamailio({ algorithm }, async (kamailio) => {
        const gateway = await Gateway.startConfigured(plain());
        try {
          await kamailio.binding();
        } finally {
          await gateway.stop();
        }
      }));
  }
});

describe("Kamailio over tcp that freezes", () => {
  test("is noticed by its missing keep-alives, and registered at again after it", async () => {
    const kamailio = await Kamailio.start();
    const trunk = { hosts: ["127.0.0.1"], port: Kamailio.port, transport: "tcp", options_s: 0 };
    const gateway = await Gateway.startConfigured(
      writeConfiguration("freezes", { ...trunk, keep_alive_s: 1 }),
    );
    try {
      await sleep(3000); // It answers some.
      kamailio.freeze();
      // 10 s are given for the answer (RFC 5626 4.4.1), long before a REGISTER is due or times out.
      await eventually(
        "the connection is given up",
        async () => /trunk_connection_lost.*keep-alive/.test(gateway.log) || undefined,
        20_000,
      );
      assert.notEqual((await gateway.status()).trunks[0]?.state, "registered");
      kamailio.thaw();
      await gateway.trunkIs("registered", 60_000);
      await kamailio.binding();
    } finally {
      await gateway.stop();
      await kamailio.kill();
    }
  });
});
