// The real server, started as a person starts it.
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { eventually } from "./wait.ts";

const testBuild = "build/asan-ubsan/server/app/offhook";
const page = "web/app/dist";
const root = fileURLToPath(new URL("../../../", import.meta.url));

export interface Status {
  signal: {
    calls: number;
    legs: number;
    sessions: number;
    devices: number;
    transactions: number;
  };
  media: { connected: boolean; legs: number; bridges: number };
  trunks: TrunkStatus[];
}

export interface TrunkStatus {
  name: string;
  state: string;
  reason: string;
}

const works = (trunk: TrunkStatus) => ["registered", "ready"].includes(trunk.state);

export class Gateway {
  readonly url = "http://localhost:8080/";
  readonly #process: ChildProcess;
  #log = "";
  readonly exited: Promise<number | null>;

  private constructor(command: string, args: string[]) {
    this.#process = spawn(command, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => (this.#log += text));
    }
    this.exited = new Promise((resolve) => this.#process.on("exit", (code) => resolve(code)));
  }

  // The test build: address and undefined-behaviour sanitizers on.
  static async startTestBuild(configuration?: string): Promise<Gateway> {
    const more = configuration === undefined ? [] : ["--config", configuration];
    return Gateway.#start(testBuild, ["serve", "--web-root", page, "--demo", ...more]);
  }

  static async startConfigured(configuration: string): Promise<Gateway> {
    return Gateway.#start(testBuild, ["serve", "--web-root", page, "--config", configuration]);
  }

  // Does not wait for the trunks.
  static async startBeforeItsTrunks(configuration: string): Promise<Gateway> {
    return Gateway.#start(
      testBuild,
      ["serve", "--web-root", page, "--config", configuration],
      () => true,
    );
  }

  static async startAsAPersonDoes(): Promise<Gateway> {
    return Gateway.#start("script/run", []);
  }

  static async #start(
    command: string,
    args: string[],
    trunkIsReady: (trunk: TrunkStatus) => boolean = works,
  ): Promise<Gateway> {
    const gateway = new Gateway(command, args);
    try {
      await gateway.#ready(trunkIsReady);
    } catch (error) {
      gateway.#process.kill("SIGKILL");
      throw new Error(gateway.#log, { cause: error });
    }
    return gateway;
  }

  get log(): string {
    return this.#log;
  }

  get pid(): number {
    return this.#process.pid!;
  }

  async status(): Promise<Status> {
    const response = await fetch("http://127.0.0.1:8080/api/status");
    return (await response.json()) as Status;
  }

  // Both processes up, and every trunk that registers is registered.
  async ready(): Promise<void> {
    await this.#ready(works);
  }

  async #ready(trunkIsReady: (trunk: TrunkStatus) => boolean): Promise<void> {
    await eventually(
      "the gateway is ready",
      async () => {
        const status = await this.status();
        return (status.media.connected && status.trunks.every(trunkIsReady)) || undefined;
      },
      60_000,
    );
  }

  // Zero calls and legs, in both processes.
  async idle(): Promise<void> {
    let seen: Status | undefined;
    await eventually("both processes report zero calls and legs", async () => {
      seen = await this.status();
      const { calls, legs, sessions } = seen.signal;
      return calls + legs + sessions + seen.media.legs + seen.media.bridges === 0 || undefined;
    }).catch((error: unknown) => {
      throw new Error(`last seen ${JSON.stringify(seen)}\n${this.log}`, { cause: error });
    });
  }

  // The only trunk, once it is in this state.
  async trunkIs(state: string, timeout?: number): Promise<TrunkStatus> {
    let seen: TrunkStatus | undefined;
    return eventually(
      `the trunk is ${state}`,
      async () => {
        seen = (await this.status()).trunks[0];
        return seen?.state === state ? seen : undefined;
      },
      timeout,
    ).catch((error: unknown) => {
      throw new Error(`last seen ${JSON.stringify(seen)}\n${this.log}`, { cause: error });
    });
  }

  // The process id of a role: a child of the supervisor with this word in its command line.
  role(name: "signal" | "offhook-media" | "provider"): number | undefined {
    for (const entry of readdirSync("/proc")) {
      if (!/^\d+$/.test(entry)) continue;
      try {
        const words = readFileSync(`/proc/${entry}/cmdline`, "utf8").split("\0");
        const executable = words[0] ?? "";
        const role = executable.endsWith("/offhook-media") ? "offhook-media" : words[1];
        if (executable.includes("offhook") && role === name) return Number(entry);
      } catch {
        // The process ended between the listing and the look.
      }
    }
    return undefined;
  }

  // Processes of any role that are still there.
  survivors(): string[] {
    return (["signal", "offhook-media", "provider"] as const).filter(
      (name) => this.role(name) !== undefined,
    );
  }

  // SIGTERM; answers how long it took until everything was gone, in milliseconds.
  async stop(): Promise<number> {
    const started = Date.now();
    this.#process.kill("SIGTERM");
    const code = await this.exited;
    const took = Date.now() - started;
    const sanitizer =
      /^.*(AddressSanitizer|LeakSanitizer|runtime error:|assertion failed).*$/m.exec(this.#log);
    if (sanitizer) throw new Error(`${sanitizer[0]}\n${this.#log}`);
    if (code !== 0) throw new Error(`offhook serve ended with ${code}\n${this.#log}`);
    return took;
  }
}
