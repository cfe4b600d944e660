// dnsmasq holds the provider's zone: where the trunk goes by RFC 3263, and what becomes of it when a target or the name
// server itself is gone. Kamailio is what the names lead to.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, describe, test } from "node:test";
import { browsers } from "../web/e2e/harness/browsers.ts";
import { Gateway } from "../web/e2e/harness/gateway.ts";
import { eventually, sleep } from "../web/e2e/harness/wait.ts";
import { account, writeConfiguration } from "./harness/configuration.ts";
import { Kamailio } from "./harness/kamailio.ts";
import { type DnsRecord, NameServer } from "./harness/name-server.ts";
import { Sipp } from "./harness/sipp.ts";

const domain = "example.test";
const first = "127.0.0.2";
const second = "127.0.0.1";
const addresses: DnsRecord[] = [
  { type: "A", name: `first.${domain}`, address: first },
  { type: "A", name: `second.${domain}`, address: second },
];

function servers(protocol: "udp" | "tcp"): DnsRecord[] {
  const record = (target: string, priority: number): DnsRecord => ({
    ...{ type: "SRV", name: `_sip._${protocol}.${domain}`, weight: 1, port: Kamailio.port },
    ...{ priority, target: `${target}.${domain}` },
  });
  // dnsmasq answers with the last one first, so that only the priority tells.
  return [record("first", 10), record("second", 20)];
}

describe("A DNS zone", () => {
  let open: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of open.reverse()) await close();
    open = [];
  });

  // Ends with the test, the last one first.
  function kept<T>(thing: T, close: (thing: T) => Promise<unknown>): T {
    open.push(() => close(thing));
    return thing;
  }
  const kamailio = async (address: string) =>
    kept(await Kamailio.start({ address, maxExpires: 10 }), (server) => server.kill());
  const zone = async (records: DnsRecord[], ttl = 60) =>
    kept(await NameServer.start({ records: [...addresses, ...records], ttl }), (server) =>
      server.kill(),
    );
  const configuration = (transport: "udp" | "tcp" | "auto") =>
    writeConfiguration(
      `dns-${transport}`,
      { hosts: [domain], transport, options_s: 0 },
      { nameServers: [NameServer.endpoint] },
    );
  const gateway = async (transport: "udp" | "tcp" | "auto") =>
    kept(await Gateway.startConfigured(configuration(transport)), (server) => server.stop());

  test("whose first target refuses leads to the second within 10 s", async () => {
    const live = await kamailio(second);
    const names = await zone(servers("udp"));
    const started = Date.now();
    await gateway("udp");
    assert.ok(Date.now() - started < 10_000, `${Date.now() - started} ms`);
    await live.binding();
    assert.ok(names.questions.includes(`SRV _sip._udp.${domain}`), String(names.questions));
  });

  test("whose first target is silent leads to the second within 45 s", async () => {
    const silent = kept(createSocket("udp4"), async (socket) => socket.close());
    let heard = 0;
    silent.on("message", () => (heard += 1)).bind(Kamailio.port, first);
    await once(silent, "listening");
    const live = await kamailio(second);
    await zone(servers("udp"));
    const started = Date.now();
    await gateway("udp");
    // The transaction to the first times out after 32 s (RFC 3261 17.1.2.2).
    assert.ok(Date.now() - started < 45_000, `${Date.now() - started} ms`);
    await live.binding();
    assert.ok(heard > 0, "the first target was not tried");
  });

  test("leads to the second target when the first one dies", async () => {
    const dying = await kamailio(first);
    const live = await kamailio(second);
    await zone(servers("udp"));
    await gateway("udp");
    await dying.binding();
    assert.deepEqual(await live.bindings(), []);
    await dying.kill();
    await live.binding();
  });

  for (const favoured of ["first", "second"]) {
    // The other one comes up once in 65,536 times.
    test(`whose weights favour the ${favoured} of two equal targets leads to it`, async () => {
      const all = { first: await kamailio(first), second: await kamailio(second) };
      await zone(
        Object.keys(all).map((target) => ({
          ...{ type: "SRV", name: `_sip._udp.${domain}`, priority: 10, port: Kamailio.port },
          ...{ weight: target === favoured ? 65535 : 1, target: `${target}.${domain}` },
        })),
      );
      await gateway("udp");
      for (const [target, server] of Object.entries(all)) {
        assert.equal((await server.bindings()).length, target === favoured ? 1 : 0, target);
      }
    });
  }

  test("whose NAPTR prefers TCP leads to TCP", async () => {
    const live = await kamailio(first);
    await zone([
      ...servers("udp"),
      ...servers("tcp"),
      ...(["udp", "tcp"] as const).map((protocol): DnsRecord => ({
        ...{ type: "NAPTR", name: domain, order: protocol === "tcp" ? 10 : 20 },
        service: protocol === "tcp" ? "SIP+D2T" : "SIP+D2U",
        replacement: `_sip._${protocol}.${domain}`,
      })),
    ]);
    await gateway("auto");
    assert.match((await live.binding()).Socket, /^tcp:/);
  });

  test("is used on beyond its TTL while its server is gone", async () => {
    const ttl = 1; // s; taken for 5 s
    const provider = await kamailio(first);
    const names = await zone(servers("udp"), ttl);
    const running = await gateway("udp");
    const before = await provider.binding();
    await names.kill();
    await sleep(7000);

    // The provider starts afresh and knows nothing of us.
    await provider.kill();
    await running.trunkIs("waiting", 60_000);
    const restarted = await kamailio(first);
    await running.trunkIs("registered", 60_000);
    assert.equal((await restarted.binding()).Address, before.Address);

    const browser = kept(await browsers[0]![1](), (opened) => opened.close());
    await browser.page.open(running.url);
    const network = await new Sipp("hangs-up", { port: Kamailio.networkPort }).listens();
    await browser.page.dial("2125550100");
    await browser.page.shows("call-status", /connected/i);
    await browser.page.callIsOver();
    await network.succeeded();
    await running.idle();
  });

  test("that is not there at first is waited for, with a reason", async () => {
    const live = await kamailio(first);
    const running = kept(await Gateway.startBeforeItsTrunks(configuration("udp")), (server) =>
      server.stop(),
    );
    await eventually("the trunk says that no name server answers", async () => {
      const { reason } = (await running.status()).trunks[0]!;
      return reason.includes(domain) ? true : undefined;
    });
    assert.deepEqual(await live.bindings(), []);
    await zone(servers("udp"));
    await running.trunkIs("registered", 60_000);
    assert.match((await live.binding()).Address, new RegExp(account.username));
  });
});
