import type { TextMessage } from "@offhook/phone";

/** A text that one tab received. */
export interface StoredText extends TextMessage {
  /** Each tab is a device that gets its own copy, under an id of its own. */
  readonly tab: string;
}

const kPrefix = "offhook.text.";

/** One entry a text, so that tabs that write at the same time take nothing from each other. */
export class TextStorage {
  readonly #storage: Storage | undefined;
  /** What found no room there, or no storage at all: for as long as the page is open. */
  readonly #unsaved = new Map<string, StoredText>();

  constructor(storage?: Storage) {
    this.#storage = storage;
  }

  put(text: StoredText): void {
    try {
      if (this.#storage === undefined) throw new Error("There is no storage.");
      this.#storage.setItem(kPrefix + text.id, JSON.stringify(text));
    } catch {
      this.#unsaved.set(text.id, text);
    }
  }

  remove(id: string): void {
    this.#storage?.removeItem(kPrefix + id);
    this.#unsaved.delete(id);
  }

  all(): readonly StoredText[] {
    const keys = Object.keys(this.#storage ?? {}).filter((key) => key.startsWith(kPrefix));
    const saved = keys.map((key) => parse(this.#storage?.getItem(key) ?? ""));
    return [...saved.filter((text) => text !== undefined), ...this.#unsaved.values()];
  }

  /** Whether a change of the storage in another tab is one of texts; null is all of it. */
  static concerns(key: string | null): boolean {
    return key === null || key.startsWith(kPrefix);
  }
}

/** Something else may have written there. */
function parse(json: string): StoredText | undefined {
  try {
    const value = JSON.parse(json) as Partial<StoredText> | null;
    const { at, from, id, tab, text } = value ?? {};
    const strings = [id, tab, text, from?.name, from?.number];
    if (!strings.every((part) => typeof part === "string") || !Number.isFinite(at))
      return undefined;
    return value as StoredText;
  } catch {
    return undefined;
  }
}
