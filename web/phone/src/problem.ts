/** What went wrong, for a person: a sentence, and what to do about it. */
export interface Problem {
  /** Stable, for programs: `microphone_denied`, `busy`, `sip_488`. */
  readonly code: string;
  readonly sentence: string;
  /** Empty when there is nothing to do. */
  readonly action: string;
}

/** A server's text as a problem has it: what happened, and in the sentences after it what to do. */
export function sentenceAndAction(text: string): Pick<Problem, "sentence" | "action"> {
  const end = text.search(/[.!?]\s/) + 1;
  if (end === 0) return { sentence: text, action: "" };
  return { sentence: text.slice(0, end), action: text.slice(end).trim() };
}

export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.sentence);
    this.name = "ProblemError";
  }
}

/** The problem that an unknown thrown value carries, or `otherwise`. */
export function problemOf(error: unknown, otherwise: Problem): Problem {
  return error instanceof ProblemError ? error.problem : otherwise;
}
