import type { Problem } from "@offhook/phone";
import "./notice.css";

interface Props {
  readonly problem: Problem;
  /** An alert is read out at once; a hint is read out by the announcer. */
  readonly kind: "alert" | "hint";
  readonly testId?: string;
}

export function Notice({ kind, problem, testId }: Props) {
  return (
    <div
      className="notice"
      data-kind={kind}
      data-code={problem.code}
      data-testid={testId}
      role={kind === "alert" ? "alert" : undefined}
    >
      <strong>{problem.sentence}</strong>
      {problem.action !== "" && <span> {problem.action}</span>}
    </div>
  );
}
