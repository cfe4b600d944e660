// A baresip that plays the provider: it answers whoever calls `number`, and gives back what it hears.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Certificate } from "./certificates.ts";
import { Program } from "./program.ts";
import { work } from "./work.ts";

export const baresipNumber = "2125550100";
const port = 15060;

export interface BaresipOptions {
  transport: "udp" | "tcp" | "tls";
  srtp: boolean; // it insists on it, or does not know it
  certificate?: Certificate;
}

export class Baresip {
  readonly #program: Program;

  private constructor(directory: string) {
    this.#program = new Program("baresip", ["-f", directory, "-v"], work);
  }

  // Where a trunk finds it.
  static portOf(transport: BaresipOptions["transport"]): number {
    return transport === "tls" ? port + 1 : port;
  }

  static async start({ transport, srtp, certificate }: BaresipOptions): Promise<Baresip> {
    const directory = join(work, "baresip");
    mkdirSync(directory, { recursive: true });
    const pem = join(directory, "certificate.pem");
    if (certificate) {
      const { certificate: own, key } = certificate;
      writeFileSync(pem, readFileSync(own, "utf8") + readFileSync(key, "utf8"), { mode: 0o600 });
    }
    const modules = ["g711", "aubridge", "stdio", ...(srtp ? ["srtp"] : [])];
    writeFileSync(
      join(directory, "config"),
      [
        `sip_listen 127.0.0.1:${port}`,
        ...(certificate ? [`sip_certificate ${pem}`] : []),
        "net_interface 127.0.0.1",
        // One device at both ends is an echo.
        ...["audio_player aubridge,echo", "audio_source aubridge,echo"],
        ...["audio_alert aubridge,nobody", "ausrc_srate 8000", "auplay_srate 8000"],
        // Without its tones: a ringback would take the device.
        `audio_path ${join(directory, "none")}`,
        "module_path /usr/lib/baresip/modules",
        ...modules.map((name) => `module ${name}.so`),
        ...["module_tmp account.so", "module_app menu.so"],
        "",
      ].join("\n"),
    );
    const parameters = ["regint=0", "answermode=auto", "audio_codecs=PCMU"];
    if (srtp) parameters.push("mediaenc=srtp-mand");
    const uri = `sip:${baresipNumber}@127.0.0.1:${Baresip.portOf(transport)};transport=${transport}`;
    writeFileSync(join(directory, "accounts"), `<${uri}>;${parameters.join(";")}\n`);
    writeFileSync(join(directory, "contacts"), "");
    const baresip = new Baresip(directory);
    await baresip.says(/baresip is ready/);
    return baresip;
  }

  async says(pattern: RegExp): Promise<void> {
    await this.#program.says(pattern);
  }

  get output(): string {
    return this.#program.everything;
  }

  dials(uri: string): void {
    this.#program.type(`/dial ${uri}\n`);
  }

  async kill(): Promise<void> {
    await this.#program.kill();
  }
}
