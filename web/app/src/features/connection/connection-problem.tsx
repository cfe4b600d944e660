import { Notice } from "../../components/notice";
import { usePhone } from "../../stores/context";

/** Why there is no connection, below the state in words. */
export function ConnectionProblem() {
  const problem = usePhone((state) => state.problem);
  return problem ? <Notice kind="hint" problem={problem} testId="connection-problem" /> : null;
}
