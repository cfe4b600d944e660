// JsSIP as a second kind of phone: another library's idea of SIP over WebSocket, with its session timers on.
import { fileURLToPath } from "node:url";
import { build } from "vite";
import type { JssipPhone } from "./jssip-in-page.ts";
import type { PhonePage } from "./page.ts";
import { eventually } from "./wait.ts";

async function bundle(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: "error",
    define: { "process.env.NODE_ENV": '"production"' },
    build: {
      write: false,
      lib: {
        entry: fileURLToPath(new URL("jssip-in-page.ts", import.meta.url)),
        formats: ["iife"],
        name: "unused",
      },
    },
  });
  const [made] = result as { output: { code: string }[] }[];
  return made!.output[0]!.code;
}

type Action = Exclude<keyof JssipPhone, "events">;

export class Jssip {
  readonly #page: PhonePage;

  private constructor(page: PhonePage) {
    this.#page = page;
  }

  // In a page of the gateway's.
  static async start(page: PhonePage): Promise<Jssip> {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- what it makes runs in the page
    const load = new Function(await bundle()) as () => void;
    await page.tab.evaluate(load, undefined);
    const phone = new Jssip(page);
    await phone.does("start");
    await phone.says(/^registered$/);
    return phone;
  }

  async does(action: Action, number = ""): Promise<void> {
    await this.#page.tab.evaluate(
      async ([name, argument]) => {
        const phone = window.jssipPhone as unknown as Record<string, (text: string) => unknown>;
        await phone[name!]!(argument!);
      },
      [action, number],
    );
  }

  async events(): Promise<string[]> {
    return this.#page.tab.evaluate(() => window.jssipPhone.events, undefined);
  }

  // Waits for it, as the last or an earlier word since the last call of says().
  #read = 0;
  async says(pattern: RegExp, timeout?: number): Promise<void> {
    let all: string[] = [];
    await eventually(
      `JsSIP says ${pattern}`,
      async () => {
        all = await this.events();
        const at = all.findIndex((event, i) => i >= this.#read && pattern.test(event));
        if (at < 0) return undefined;
        this.#read = at + 1;
        return true;
      },
      timeout,
    ).catch((error: unknown) => {
      throw new Error(`JsSIP said ${JSON.stringify(all)}`, { cause: error });
    });
  }
}
