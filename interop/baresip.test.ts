// baresip plays a provider that encrypts: its SRTP, its keys in SDP, and its refusals against our trunk side.
import assert from "node:assert/strict";
import { afterEach, before, describe, test } from "node:test";
import { type Browser, browsers } from "../web/e2e/harness/browsers.ts";
import { Gateway } from "../web/e2e/harness/gateway.ts";
import { hearsVoice } from "../web/e2e/harness/sound.ts";
import { Baresip, type BaresipOptions, baresipNumber } from "./harness/baresip.ts";
import { Authority } from "./harness/certificates.ts";
import { account, sipPort, writeConfiguration } from "./harness/configuration.ts";

const launch = browsers[0]![1];
const isEncrypted = /SRTP is Enabled \(cryptosuite=AES_CM_128_HMAC_SHA1_80\)/;

describe("baresip as a provider with SRTP", () => {
  let authority: Authority;
  let baresip: Baresip | undefined;
  let gateway: Gateway | undefined;
  let browser: Browser | undefined;

  before(() => {
    authority = new Authority("baresip-authority");
  });
  afterEach(async () => {
    await browser?.close();
    browser = undefined;
    await gateway?.stop();
    await baresip?.kill();
  });

  const begin = async (provider: BaresipOptions, trunk: Record<string, string | boolean>) => {
    const { transport } = provider;
    baresip = await Baresip.start({ ...provider, certificate: authority.issue("baresip.test") });
    gateway = await Gateway.startBeforeItsTrunks(
      writeConfiguration("baresip", {
        ...{ hosts: ["127.0.0.1"], port: Baresip.portOf(transport), transport },
        ...{ register: false, options_s: 0, ...trunk },
      }),
    );
    browser = await launch();
    await browser.page.open(gateway.url);
    return { baresip, gateway, page: browser.page };
  };
  const trusted = () => ({ tls_ca_file: authority.file, tls_verify_name: false });

  test("gives back over SRTP what was said, its keys sent over TLS", async () => {
    const { page, baresip } = await begin({ transport: "tls", srtp: true }, trusted());
    await page.dial(baresipNumber);
    await page.shows("call-status", /connected/i);
    await baresip.says(isEncrypted);
    await hearsVoice(page);
    await page.hangUp();
  });

  test("knows no SRTP and is called again without", async () => {
    const { page, baresip } = await begin({ transport: "tls", srtp: false }, trusted());
    await page.dial(baresipNumber);
    await page.shows("call-status", /connected/i);
    await hearsVoice(page);
    assert.doesNotMatch(baresip.output, isEncrypted);
    await page.hangUp();
  });

  test("calls the user over SRTP", async () => {
    const { page, baresip } = await begin({ transport: "udp", srtp: true }, { srtp: "required" });
    baresip.dials(`sip:${account.username}@127.0.0.1:${sipPort}`);
    await page.appears("incoming-call");
    await page.click("answer-button");
    await page.shows("call-status", /connected/i);
    await baresip.says(isEncrypted);
    await hearsVoice(page);
    await page.hangUp();
  });
});
