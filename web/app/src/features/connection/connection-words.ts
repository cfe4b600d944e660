import type { ConnectionState, RegistrationState } from "@offhook/phone";

export interface ConnectionWords {
  readonly words: string;
  readonly tone: "good" | "waiting" | "bad";
}

export function connectionWords(
  connection: ConnectionState,
  registration: RegistrationState,
): ConnectionWords {
  switch (connection) {
    case "offline":
      return { words: "Offline", tone: "bad" };
    case "connecting":
      return { words: "Connecting…", tone: "waiting" };
    case "reconnecting":
      return { words: "Reconnecting…", tone: "bad" };
    case "online":
      break;
  }
  switch (registration) {
    case "registered":
      return { words: "Ready", tone: "good" };
    case "rejected":
      return { words: "Not signed in, trying again", tone: "bad" };
    default:
      return { words: "Signing in…", tone: "waiting" };
  }
}
