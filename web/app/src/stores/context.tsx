import type { Trunk } from "@offhook/phone";
import { createContext, useContext } from "react";
import { useStore } from "zustand";
import type { DialState, DialStore } from "./dial-store";
import type { PhoneState, PhoneStore } from "./phone-store";
import type { TextState, TextStore } from "./text-store";

export interface Stores {
  readonly phone: PhoneStore;
  readonly dial: DialStore;
  readonly texts: TextStore;
  readonly fetchTrunks: () => Promise<readonly Trunk[]>;
}

const StoresContext = createContext<Stores | undefined>(undefined);

export const StoresProvider = StoresContext.Provider;

export function useStores(): Stores {
  const stores = useContext(StoresContext);
  if (stores === undefined) throw new Error("StoresProvider is missing.");
  return stores;
}

export function usePhone<T>(selector: (state: PhoneState) => T): T {
  return useStore(useStores().phone, selector);
}

export function useDial<T>(selector: (state: DialState) => T): T {
  return useStore(useStores().dial, selector);
}

export function useTexts<T>(selector: (state: TextState) => T): T {
  return useStore(useStores().texts, selector);
}
