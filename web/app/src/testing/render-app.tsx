import type { PhoneSnapshot } from "@offhook/phone";
import { act, render } from "@testing-library/react";
import type { Engine } from "../stores/engine";
import { App } from "../app/app";
import { StoresProvider } from "../stores/context";
import { createDialStore } from "../stores/dial-store";
import { createPhoneStore } from "../stores/phone-store";
import { createTextStore } from "../stores/text-store";
import { FakeEngine } from "./fake-engine";

/** The whole page over an engine that shows what the test says, loaded already by default. */
export async function renderApp(
  snapshot: Partial<PhoneSnapshot> = {},
  lastNumber = "",
  load = (engine: Engine) => Promise.resolve(engine),
) {
  const engine = new FakeEngine(snapshot);
  const storage = { getItem: () => lastNumber, setItem: () => undefined };
  const phone = createPhoneStore(load(engine));
  const stores = {
    phone,
    dial: createDialStore(storage),
    texts: createTextStore(phone),
    fetchTrunks: () => Promise.resolve(snapshot.session?.trunks ?? []),
  };
  render(
    <StoresProvider value={stores}>
      <App />
    </StoresProvider>,
  );
  await act(() => Promise.resolve()); // the engine arrives
  return {
    engine,
    show: (patch: Partial<PhoneSnapshot>) => act(() => engine.show(patch)),
  };
}
