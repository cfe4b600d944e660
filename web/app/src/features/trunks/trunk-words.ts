import type { Trunk } from "@offhook/phone";

const kWords: Readonly<Record<string, string>> = {
  registered: "connected, calls can be made and received",
  ready: "ready, calls can be made",
  registering: "connecting",
  waiting: "not connected, trying again",
  unresolved: "its address cannot be found",
  unregistering: "disconnecting",
  stopped: "not connected",
};

const kGood = new Set(["registered", "ready", "registering"]);

export function isWell({ state }: Trunk): boolean {
  return kGood.has(state);
}

export function trunkWords({ reason, state }: Trunk): string {
  const words = kWords[state] ?? state.replaceAll("_", " ");
  return reason === "" ? words : `${words} – ${reason}`;
}
