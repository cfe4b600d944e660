import { type Problem, ProblemError } from "./problem";
import { unsupported } from "./support";

export interface MicrophoneOptions {
  /** Echo cancellation, noise suppression and gain control. */
  readonly processing: boolean;
  /** Runs when the browser is still asking the user after a few seconds. */
  readonly onPrompt?: (problem: Problem) => void;
}

/** Milliseconds: longer than opening a device takes, short enough to help a user who waits. */
const kPromptDelay = 4000;

const kAllow = "Allow the microphone for this page in the browser's address bar, then try again.";

/** By the name of the DOMException that getUserMedia() rejects with. */
const kProblems: Readonly<Record<string, Problem>> = {
  NotAllowedError: {
    code: "microphone_denied",
    sentence: "The microphone is not allowed.",
    action: kAllow,
  },
  SecurityError: {
    code: "microphone_denied",
    sentence: "The microphone is not allowed.",
    action: kAllow,
  },
  NotFoundError: {
    code: "microphone_missing",
    sentence: "There is no microphone.",
    action: "Plug one in, then try again.",
  },
  OverconstrainedError: {
    code: "microphone_missing",
    sentence: "The chosen microphone is not there.",
    action: "Plug it in or choose another, then try again.",
  },
  NotReadableError: {
    code: "microphone_busy",
    sentence: "The microphone cannot be opened.",
    action: "Close other programs that use it, then try again.",
  },
};

const kPrompt: Problem = {
  code: "microphone_prompt",
  sentence: "The browser is asking for the microphone.",
  action: "Choose “Allow” in the browser's question, usually at the top of the window.",
};

const kUnknown: Problem = {
  code: "microphone_failed",
  sentence: "The microphone could not be opened.",
  action: "Check it in the system's sound settings, then try again.",
};

/** Opens the microphone. Rejects with a ProblemError and nothing else. */
export async function openMicrophone(options: MicrophoneOptions): Promise<MediaStream> {
  const problem = unsupported();
  if (problem !== undefined) throw new ProblemError(problem);
  const { processing, onPrompt } = options;
  const timer = setTimeout(() => onPrompt?.(kPrompt), kPromptDelay);
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: {
        echoCancellation: processing,
        noiseSuppression: processing,
        autoGainControl: processing,
      },
    });
  } catch (error) {
    throw new ProblemError(kProblems[(error as { name?: string }).name ?? ""] ?? kUnknown);
  } finally {
    clearTimeout(timer);
  }
}
