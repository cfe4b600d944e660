import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openMicrophone } from "./microphone";
import { unsupported } from "./support";
import { installMedia } from "./testing/fake-media";

let microphone: ReturnType<typeof installMedia>;

beforeEach(() => {
  vi.useFakeTimers();
  microphone = installMedia();
});

afterEach(() => {
  vi.useRealTimers();
});

const codeOf = (opening: Promise<MediaStream>) =>
  opening.then(
    () => "opened",
    (error: unknown) => (error as { problem?: { code?: string } }).problem?.code,
  );

describe("openMicrophone", () => {
  it.each([
    ["NotAllowedError", "microphone_denied"],
    ["SecurityError", "microphone_denied"],
    ["NotFoundError", "microphone_missing"],
    ["OverconstrainedError", "microphone_missing"],
    ["NotReadableError", "microphone_busy"],
    ["AbortError", "microphone_failed"],
  ])("explains %s as %s", async (name, code) => {
    microphone.getUserMedia.mockRejectedValue(new DOMException("", name));
    expect(await codeOf(openMicrophone({ processing: true }))).toBe(code);
  });

  it("asks for echo cancellation, noise suppression and gain control, or for none of them", async () => {
    for (const processing of [true, false]) {
      await openMicrophone({ processing });
      expect(microphone.getUserMedia).toHaveBeenLastCalledWith({
        audio: {
          echoCancellation: processing,
          noiseSuppression: processing,
          autoGainControl: processing,
        },
      });
    }
  });

  it("hints at the browser's question only when it stays open", async () => {
    const onPrompt = vi.fn();
    await openMicrophone({ processing: true, onPrompt });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(onPrompt).not.toHaveBeenCalled();
    microphone.getUserMedia.mockReturnValue(new Promise(() => undefined));
    void openMicrophone({ processing: true, onPrompt });
    await vi.advanceTimersByTimeAsync(3999);
    expect(onPrompt).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(onPrompt).toHaveBeenCalledOnce();
  });
});

describe("unsupported", () => {
  it("finds nothing wrong with a capable browser on a secure page", () => {
    expect(unsupported()).toBeUndefined();
  });

  it("tells an insecure page from a browser without WebRTC", async () => {
    vi.stubGlobal("RTCPeerConnection", undefined);
    expect(unsupported()?.code).toBe("no_webrtc");
    vi.stubGlobal("isSecureContext", false);
    expect(unsupported()?.code).toBe("insecure_context");
    expect(await codeOf(openMicrophone({ processing: true }))).toBe("insecure_context");
  });
});
