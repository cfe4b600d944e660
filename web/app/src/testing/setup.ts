import { cleanup } from "@testing-library/react";
import { afterEach, beforeEach, vi } from "vitest";

/** A browser that can call: jsdom alone knows no media. */
beforeEach(() => {
  vi.stubGlobal("isSecureContext", true);
  vi.stubGlobal("RTCPeerConnection", vi.fn());
  const mediaDevices = { getUserMedia: vi.fn() };
  Object.defineProperty(navigator, "mediaDevices", { configurable: true, value: mediaDevices });
});

afterEach(cleanup);
