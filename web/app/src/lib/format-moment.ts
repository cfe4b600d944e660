/** A moment as short as it can be: today's only as the time. */
export function formatMoment(at: number, now: number): string {
  const time = { hour: "numeric", minute: "2-digit" } as const;
  const isToday = new Date(at).toDateString() === new Date(now).toDateString();
  const date = isToday ? {} : ({ month: "short", day: "numeric" } as const);
  return new Intl.DateTimeFormat("en", { ...date, ...time }).format(at);
}
