import { dialString } from "@offhook/phone/dial-string";
import { createStore } from "zustand/vanilla";
import { cleanNumber } from "../lib/clean-number";

export interface DialState {
  /** As typed, without formatting: what is dialled is made of it by the phone. */
  readonly number: string;
  readonly lastNumber: string;
  readonly setNumber: (number: string) => void;
  /** Takes the number out of a text that came from elsewhere. */
  readonly paste: (text: string) => void;
  readonly press: (key: string) => void;
  readonly erase: () => void;
  readonly clear: () => void;
  /** Empties the field and remembers the number; with an empty field brings the last one back. */
  readonly take: () => string;
}

export type DialStore = ReturnType<typeof createDialStore>;

const kLastNumber = "offhook.lastNumber";

export function createDialStore(storage?: Pick<Storage, "getItem" | "setItem">) {
  return createStore<DialState>()((set, get) => ({
    number: "",
    lastNumber: storage?.getItem(kLastNumber) ?? "",
    setNumber: (number) => set({ number: cleanNumber(number) }),
    paste: (text) => set({ number: dialString(text) }),
    press: (key) => set({ number: cleanNumber(get().number + key) }),
    erase: () => set({ number: get().number.slice(0, -1) }),
    clear: () => set({ number: "" }),
    take: () => {
      const { lastNumber, number } = get();
      if (number === "") {
        set({ number: lastNumber });
        return "";
      }
      storage?.setItem(kLastNumber, number);
      set({ number: "", lastNumber: number });
      return number;
    },
  }));
}
