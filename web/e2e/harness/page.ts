// What the tests do with a page, the same in both browsers.
import assert from "node:assert/strict";
import type { Route } from "./sound-in-page.ts";
import { eventually } from "./wait.ts";

// The part of Playwright's and Puppeteer's pages that is alike.
export interface Tab {
  goto(url: string): Promise<unknown>;
  click(selector: string): Promise<void>;
  focus(selector: string): Promise<void>;
  keyboard: { type(text: string): Promise<void>; press(key: never): Promise<void> };
  evaluate<T, A>(work: (argument: A) => T | Promise<T>, argument: A): Promise<T>;
  screenshot(options: { path: string }): Promise<unknown>;
  reload(): Promise<unknown>;
}

export interface Recording {
  rate: number;
  samples: Float32Array;
}

const selector = (id: string) => `[data-testid="${id}"]`;

export class PhonePage {
  readonly tab: Tab;

  constructor(tab: Tab) {
    this.tab = tab;
  }

  async open(url: string): Promise<void> {
    await this.tab.goto(url);
    await this.online();
  }

  async online(): Promise<void> {
    await this.shows("connection-status", /^ready|^connected|^online/i, 30_000);
  }

  // undefined where the element is not there.
  async text(id: string): Promise<string | undefined> {
    const text = await this.tab.evaluate((css) => {
      const element = document.querySelector(css);
      return element === null ? null : (element.textContent ?? "").trim();
    }, selector(id));
    return text ?? undefined;
  }

  async shows(id: string, pattern: RegExp, timeout?: number): Promise<string> {
    let last: string | undefined;
    return eventually(
      `${id} shows ${pattern}`,
      async () => {
        last = await this.text(id);
        return last !== undefined && pattern.test(last) ? last : undefined;
      },
      timeout,
    ).catch((error: unknown) => {
      throw new Error(`${id} shows ${JSON.stringify(last)}`, { cause: error });
    });
  }

  async appears(id: string, timeout?: number): Promise<void> {
    await eventually(
      `${id} appears`,
      async () => ((await this.text(id)) === undefined ? undefined : true),
      timeout,
    );
  }

  async disappears(id: string, timeout?: number): Promise<void> {
    await eventually(
      `${id} disappears`,
      async () => ((await this.text(id)) === undefined ? true : undefined),
      timeout,
    );
  }

  async click(id: string): Promise<void> {
    await this.appears(id);
    await this.tab.click(selector(id));
  }

  async dial(number: string): Promise<void> {
    await this.tab.click(selector("number-field"));
    await this.tab.keyboard.type(number);
    await this.click("call-button");
  }

  async press(digits: string): Promise<void> {
    for (const digit of digits) await this.click(`dialpad-key-${digit}`);
  }

  async hangUp(): Promise<void> {
    await this.click("hangup-button");
    await this.callIsOver();
  }

  async callIsOver(): Promise<void> {
    await this.disappears("hangup-button");
  }

  // How the sound of the call under way reaches the gateway.
  async route(): Promise<Route> {
    return eventually("the page's media has a route", async () =>
      this.tab.evaluate(() => window.offhookSound.route(), undefined),
    );
  }

  // What the page has heard from the far end in the next `seconds`.
  async listen(seconds: number): Promise<Recording> {
    const { rate, base64 } = await this.tab.evaluate(
      (duration) => window.offhookSound.record(duration),
      seconds,
    );
    const bytes = Buffer.from(base64, "base64");
    assert.equal(bytes.length % 4, 0);
    return {
      rate,
      samples: new Float32Array(
        bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
      ),
    };
  }
}
