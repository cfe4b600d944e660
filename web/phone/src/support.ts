import type { Problem } from "./problem";

/** Why this browser cannot call from this page at all; undefined when it can. */
export function unsupported(): Problem | undefined {
  if (!globalThis.isSecureContext) {
    return {
      code: "insecure_context",
      sentence: "The browser gives no microphone to a page that is not encrypted.",
      action: "Open this page with https, or as http://localhost on the same computer.",
    };
  }
  const { mediaDevices } = navigator as { mediaDevices?: MediaDevices };
  if (typeof RTCPeerConnection === "undefined" || mediaDevices?.getUserMedia === undefined) {
    return {
      code: "no_webrtc",
      sentence: "This browser cannot make calls.",
      action: "Use a current Firefox, Chrome, Edge or Safari.",
    };
  }
  return undefined;
}
