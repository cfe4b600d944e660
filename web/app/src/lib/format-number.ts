/** A number as people write it: North American ones in groups, all others as they are. */
export function formatNumber(number: string): string {
  const match = /^(\+?1)?([2-9]\d{2})(\d{3})(\d{4})$/.exec(number);
  if (match === null) return number;
  const [, country, area, exchange, line] = match;
  const prefix = country === undefined ? "" : `${country} `;
  return `${prefix}(${area}) ${exchange}-${line}`;
}
