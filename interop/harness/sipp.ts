// One SIPp that plays one call of a scenario in interop/sipp.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eventually, sleep } from "../../web/e2e/harness/wait.ts";
import { Program } from "./program.ts";
import { work } from "./work.ts";

export interface SippOptions {
  port: number;
  transport?: "udp" | "tcp";
  // Whom it calls; without, it is called.
  remote?: string;
  // What it dials there.
  number?: string;
}

const tcpListening = "0A";

export class Sipp {
  readonly #program: Program;
  readonly #options: SippOptions;

  constructor(scenario: string, options: SippOptions) {
    this.#options = options;
    const file = fileURLToPath(new URL(`../sipp/${scenario}.xml`, import.meta.url));
    const place = ["-i", "127.0.0.1", "-p", String(options.port)];
    const transport = ["-t", options.transport === "tcp" ? "t1" : "u1"];
    const media = ["-mp", "16000", "-rtp_echo"];
    const limits = ["-m", "1", "-nostdin", "-timeout", "60s", "-timeout_error"];
    const errors = ["-trace_err", "-error_file", join(work, "sipp.err")];
    this.#program = new Program(
      "sipp",
      [
        ...["-sf", file],
        ...place,
        ...transport,
        ...media,
        ...limits,
        ...errors,
        // The URI in its answer to a challenge would lack the number.
        ...(options.number
          ? ["-s", options.number, "-auth_uri", `${options.number}@${options.remote}`]
          : []),
        ...(options.remote ? [options.remote] : []),
      ],
      work,
    );
  }

  // Before that the kernel says "port unreachable", which the gateway takes for a dead provider. SIPp tries the port with
  // another socket first.
  async listens(): Promise<this> {
    const { port, transport } = this.#options;
    const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
    const inode = () =>
      readFileSync(`/proc/net/${transport ?? "udp"}`, "utf8")
        .split("\n")
        .map((line) => line.trim().split(/\s+/))
        .find((row) => row[1] === local && (transport !== "tcp" || row[3] === tcpListening))?.[9];
    await eventually("SIPp listens", async () => {
      const first = inode();
      await sleep(100);
      return (first !== undefined && first === inode()) || undefined;
    });
    return this;
  }

  // Every step came as the scenario says.
  async succeeded(): Promise<void> {
    assert.equal(await this.#program.ended, 0, this.#program.everything.slice(-3000));
  }

  async kill(): Promise<void> {
    await this.#program.kill();
  }
}
