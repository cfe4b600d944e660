import type { Problem } from "./problem";

export const kMediaLost: Problem = {
  code: "media_lost",
  sentence: "The audio connection was lost.",
  action: "Check your network, then call again.",
};

export const kMediaInterrupted: Problem = {
  code: "media_interrupted",
  sentence: "The audio connection is interrupted.",
  action: "It comes back by itself when the network does.",
};

export const kMediaRefused: Problem = {
  code: "media",
  sentence: "The browser could not use the server's audio.",
  action: "Call again.",
};

export const kMicrophoneGone: Problem = {
  code: "microphone_gone",
  sentence: "The microphone is gone.",
  action: "Plug it in, then call again.",
};

export const kCallLost: Problem = {
  code: "call_lost",
  sentence: "The call ended while the connection was lost.",
  action: "Call again if you had not finished.",
};

/** Why a call cannot begin: the one that is talked in stays where it is. */
export const kNoRoom: Problem = {
  code: "no_room",
  sentence: "The other call could not be put on hold.",
  action: "Try again, or end it first.",
};

export const kNotHeld: Problem = {
  code: "hold_failed",
  sentence: "The call could not be put on hold.",
  action: "Try again.",
};

export const kNotResumed: Problem = {
  code: "resume_failed",
  sentence: "The call is still on hold.",
  action: "Try again.",
};

export const kNotAnswered: Problem = {
  code: "not_answered",
  sentence: "The other call is not answered yet.",
  action: "Wait for the answer, or transfer to the number.",
};
