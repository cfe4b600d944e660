import type { Party, TextMessage } from "@offhook/phone";
import { createStore } from "zustand/vanilla";
import type { PhoneStore } from "./phone-store";
import { type StoredText, TextStorage } from "./text-storage";

/** A text that was not dismissed yet, however many tabs received it. */
export interface ShownText {
  readonly id: string;
  readonly from: Party;
  readonly text: string;
  readonly at: number;
}

export interface TextState {
  /** The latest first. */
  readonly texts: readonly ShownText[];
  /** The latest that came to this tab: to be read out. */
  readonly arrivedId: string | undefined;
  /** In all tabs. */
  readonly dismiss: (id: string) => void;
}

export type TextStore = ReturnType<typeof createTextStore>;

const kMostTexts = 50;

/** Milliseconds between the tabs' copies of a text: sleeping tabs get theirs late. */
const kSameText = 30_000;

/** Texts until they are dismissed: each is stored before the phone accepts it. */
export function createTextStore(
  phone: PhoneStore,
  storage?: Storage,
  tab = Math.random().toString(36).slice(2),
) {
  const stored = new TextStorage(storage);
  const taken = new Set<string>();
  let groups = grouped(stored.all());

  const store = createStore<TextState>()(() => ({
    texts: groups.map(shown),
    arrivedId: undefined,
    dismiss: (id) => {
      const group = groups.find(([first]) => first?.id === id);
      for (const copy of group ?? []) stored.remove(copy.id);
      read();
    },
  }));

  const read = () => {
    groups = grouped(stored.all());
    store.setState({ texts: groups.map(shown) });
  };
  const take = (texts: readonly TextMessage[]) => {
    const fresh = texts.filter(({ id }) => !taken.has(id));
    if (fresh.length === 0) return;
    for (const text of fresh) {
      stored.put({ ...text, tab });
      taken.add(text.id);
    }
    for (const old of grouped(stored.all()).slice(kMostTexts)) {
      for (const copy of old) stored.remove(copy.id);
    }
    read();
    const last = fresh.at(-1)?.id;
    const arrived = groups.find((group) => group.some(({ id }) => id === last));
    store.setState({ arrivedId: arrived?.[0]?.id });
  };

  phone.subscribe(({ texts }, { texts: before }) => {
    if (texts !== before) take(texts);
  });
  take(phone.getState().texts);
  addEventListener("storage", ({ key }) => {
    if (TextStorage.concerns(key)) read();
  });
  return store;
}

/** The copies of each text together, the latest text first. A tab receives a text once. */
function grouped(all: readonly StoredText[]): readonly (readonly StoredText[])[] {
  const groups: StoredText[][] = [];
  for (const text of all.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))) {
    const same = groups.find(
      ([first, ...others]) =>
        first !== undefined &&
        isAlike(first, text) &&
        [first, ...others].every(({ tab }) => tab !== text.tab),
    );
    if (same) same.push(text);
    else groups.push([text]);
  }
  return groups.reverse();
}

function isAlike(a: StoredText, b: StoredText): boolean {
  return (
    a.text === b.text &&
    a.from.number === b.from.number &&
    a.from.name === b.from.name &&
    Math.abs(a.at - b.at) < kSameText
  );
}

function shown([first]: readonly StoredText[]): ShownText {
  if (first === undefined) throw new Error("A text without a copy.");
  const { at, from, id, text } = first;
  return { id, from, text, at };
}
