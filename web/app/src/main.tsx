import { GatewayClient } from "@offhook/phone/gateway";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/app";
import "./app/base.css";
import { pageStorage } from "./lib/page-storage";
import { StoresProvider } from "./stores/context";
import { createDialStore } from "./stores/dial-store";
import { createPhoneStore } from "./stores/phone-store";
import { createTextStore } from "./stores/text-store";

const gateway = new GatewayClient();
const storage = pageStorage();

/** SIP.js comes beside the page, not before it. */
const engine = import("@offhook/phone").then(
  ({ Phone }) =>
    // Off only for those who feed in clean sound of their own, such as a mixer or a test.
    new Phone({ gateway, processing: storage?.getItem("offhook.processing") !== "off" }),
);

const phone = createPhoneStore(engine);
const stores = {
  phone,
  dial: createDialStore(storage),
  texts: createTextStore(phone, storage),
  fetchTrunks: () => gateway.trunks(),
};

const root = document.getElementById("root");
if (root === null) throw new Error("The page has no root.");
createRoot(root).render(
  <StrictMode>
    <StoresProvider value={stores}>
      <App />
    </StoresProvider>
  </StrictMode>,
);
