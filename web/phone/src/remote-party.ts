import type { NameAddrHeader } from "sip.js";
import type { Party } from "./types";

const kWithheld = /^(anonymous|unknown|unavailable|restricted)$/i;

/** Who calls or writes, as the far end presents itself. */
export function remoteParty(identity: NameAddrHeader): Party {
  const { uri } = identity;
  // SIP.js says that this is always a string, which it is not where there is none.
  const displayName = (identity.displayName as string | undefined) ?? "";
  const number = kWithheld.test(uri.user ?? "") ? "" : (uri.user ?? "");
  const name = displayName === number || kWithheld.test(displayName) ? "" : displayName;
  return { number, name };
}
