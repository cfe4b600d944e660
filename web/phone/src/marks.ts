/** Points in time that a benchmark reads from the performance timeline. */
export type Mark = "offhook:call" | "offhook:invite" | "offhook:answer-applied";

export function mark(name: Mark): void {
  performance.mark(name);
}
