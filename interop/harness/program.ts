// Somebody else's program: started in a process group of its own, listened to, and gone when it is told to go.
import { type ChildProcess, spawn } from "node:child_process";
import { eventually } from "../../web/e2e/harness/wait.ts";

export class Program {
  readonly #name: string;
  readonly #child: ChildProcess;
  #output = "";
  #errors = "";
  readonly ended: Promise<number | null>;

  constructor(command: string, args: string[], cwd: string) {
    this.#name = command;
    this.#child = spawn(command, args, {
      cwd,
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, TERM: "dumb" },
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.#output += text));
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => (this.#errors += text));
    this.#child.stdin?.on("error", () => undefined);
    this.ended = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("close", resolve);
    });
  }

  get output(): string {
    return this.#output;
  }

  get errors(): string {
    return this.#errors;
  }

  get everything(): string {
    return `${this.#output}\n${this.#errors}`;
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  async says(pattern: RegExp, timeout = 10_000): Promise<RegExpExecArray> {
    return eventually(
      `${this.#name} says ${pattern}`,
      async () => pattern.exec(this.everything) ?? undefined,
      timeout,
    ).catch((error: unknown) => {
      throw new Error(this.everything.slice(-3000), { cause: error });
    });
  }

  // At once, with all its children: as in a crash.
  async kill(): Promise<void> {
    this.#signal("SIGKILL");
    await this.ended;
  }

  // Its sockets stay open and nobody looks at them, until thaw().
  freeze(): void {
    this.#signal("SIGSTOP");
  }

  thaw(): void {
    this.#signal("SIGCONT");
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.#child.pid!, signal);
    } catch {
      // It has ended by itself.
    }
  }
}
