// Networks that are not like the others, in both browsers: calls without UDP, calls without IPv4, and calls while somebody
// forges handshakes. The namespace that the tests run in has UDP and IPv4.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Browser, browsers } from "../harness/browsers.ts";
import { Gateway } from "../harness/gateway.ts";
import { hearsVoice, loudness } from "../harness/sound.ts";

const ipv4 = "198.51.100.1";
const ipv6 = "2001:db8::1";
const mediaPort = 40_000;

const ip = (...words: string[]) => execFileSync("ip", words);

function configuration(media: string): string {
  const folder = mkdtempSync(join(process.env.OFFHOOK_E2E_DIR ?? "/tmp", "network-"));
  const file = join(folder, "offhook.toml");
  writeFileSync(file, `[media]\nworkers = 1\nbrowser_port = ${mediaPort}\n${media}\n`);
  return file;
}

interface Network {
  name: string;
  media: string; // of the configuration
  begin: () => () => void; // gives what ends it
  protocol: string;
  address: string;
}

// As much of one as shows what it is (RFC 6347 4.2.2).
function clientHello(): Buffer {
  const body = Buffer.alloc(64);
  body.writeUInt16BE(0xfefd, 0);
  const handshake = Buffer.alloc(12);
  handshake.writeUInt8(1, 0);
  handshake.writeUIntBE(body.length, 1, 3);
  handshake.writeUIntBE(body.length, 9, 3);
  const record = Buffer.alloc(13);
  record.writeUInt8(22, 0);
  record.writeUInt16BE(0xfeff, 1);
  record.writeUInt16BE(handshake.length + body.length, 11);
  return Buffer.concat([record, handshake, body]);
}

const networks: Network[] = [
  {
    name: "over TCP only",
    media: `browser_addresses = ["${ipv4}"]`,
    // The kernel itself refuses to send UDP there. Its first rule, that local addresses are local, has to stand behind ours.
    begin: () => {
      ip("rule", "add", "pref", "100", "lookup", "local");
      ip("rule", "del", "pref", "0");
      ip(..."rule add pref 10 ipproto udp dport".split(" "), `${mediaPort}`, "prohibit");
      return () => {
        ip("rule", "del", "pref", "10");
        ip("rule", "add", "pref", "0", "lookup", "local");
        ip("rule", "del", "pref", "100");
      };
    },
    protocol: "tcp",
    address: ipv4,
  },
  {
    name: "over IPv6 only",
    media: `browser_addresses = ["${ipv6}"]`,
    begin: () => {
      ip("address", "add", `${ipv6}/64`, "dev", "offhook0", "nodad");
      ip("-6", "route", "replace", "default", "dev", "offhook0");
      return () => ip("address", "del", `${ipv6}/64`, "dev", "offhook0");
    },
    protocol: "udp",
    address: ipv6,
  },
  {
    name: "while somebody forges handshakes, so that theirs need a cookie",
    media: `browser_addresses = ["${ipv4}"]`,
    begin: () => {
      const socket = createSocket("udp4");
      const forging = setInterval(() => socket.send(clientHello(), mediaPort, ipv4), 500);
      return () => {
        clearInterval(forging);
        socket.close();
      };
    },
    protocol: "udp",
    address: ipv4,
  },
];

for (const network of networks) {
  for (const [name, launch] of browsers) {
    describe(`${name} ${network.name}`, () => {
      let gateway: Gateway;
      let browser: Browser;
      let end: () => void;

      before(async () => {
        end = network.begin();
        gateway = await Gateway.startTestBuild(configuration(network.media));
        browser = await launch();
        await browser.page.open(gateway.url);
      });
      after(async () => {
        await browser?.close();
        await gateway?.stop();
        end();
      });

      test("calls, is heard and hears", async () => {
        const { page } = browser;
        await page.dial("4443");
        await page.shows("call-status", /connected/i);
        // The far end repeats what it hears: what comes back went both ways.
        await hearsVoice(page);
        assert.deepEqual(await page.route(), {
          protocol: network.protocol,
          address: network.address,
        });
        await page.hangUp();
        await gateway.idle();
      });

      test("is called, and hears the caller", async () => {
        const { page } = browser;
        await page.dial("5555550106");
        await page.appears("incoming-call", 20_000);
        await page.click("answer-button");
        await page.shows("call-status", /connected/i);
        assert.ok(loudness(await page.listen(2)) > 0.02, "the caller is not heard");
        assert.equal((await page.route()).protocol, network.protocol);
        await page.hangUp();
        await gateway.idle();
      });
    });
  }
}
