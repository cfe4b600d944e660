import { createRoot } from "react-dom/client";
import { App } from "../src/app/app";
import "../src/app/base.css";
import { StoresProvider } from "../src/stores/context";
import { createDialStore } from "../src/stores/dial-store";
import { createPhoneStore } from "../src/stores/phone-store";
import { createTextStore } from "../src/stores/text-store";
import { FakeEngine } from "../src/testing/fake-engine";
import { states } from "./states";

const name = new URLSearchParams(location.search).get("state");
const root = document.getElementById("root");
const state = states[name ?? ""];

if (root !== null && state !== undefined) {
  const dial = createDialStore();
  dial.getState().setNumber(state.number ?? "");
  const phone = createPhoneStore(Promise.resolve(new FakeEngine(state.phone)));
  const stores = {
    phone,
    dial,
    texts: createTextStore(phone),
    fetchTrunks: () => Promise.resolve(state.phone.session?.trunks ?? []),
  };
  createRoot(root).render(
    <StoresProvider value={stores}>
      <App />
    </StoresProvider>,
  );
  const { click } = state;
  const press = () => {
    const button = document.querySelector<HTMLElement>(`[data-testid="${click ?? ""}"]`);
    if (click === undefined || button !== null) {
      button?.click();
      document.body.dataset.ready = "yes";
    } else {
      requestAnimationFrame(press);
    }
  };
  requestAnimationFrame(press);
} else if (root !== null) {
  createRoot(root).render(
    <ul id="states">
      {Object.keys(states).map((key) => (
        <li key={key}>
          <a href={`?state=${key}`}>{key}</a>
        </li>
      ))}
    </ul>,
  );
}
