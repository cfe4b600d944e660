/** A value of the Reason header field (RFC 3326): `SIP;cause=486;text="Busy"`. */
export interface Reason {
  readonly protocol: string;
  readonly cause?: number;
  readonly text: string;
}

/** More than any server sends, less than would hurt. */
const kLongestText = 200;

/** A value of the list: all up to a comma that stands in no quoted string. */
const kValue = /(?:"(?:[^"\\]|\\.)*"|[^,"])+/g;
const kParameter = /;\s*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]+))/g;

function parseValue(value: string): Reason | undefined {
  const protocol = /^\s*([\w.!%*+'~-]+)/.exec(value)?.[1];
  if (protocol === undefined) return undefined;
  let cause: number | undefined;
  let text = "";
  for (const [, name, quoted, token] of value.matchAll(kParameter)) {
    const parameter = quoted?.replace(/\\(.)/g, "$1") ?? token ?? "";
    if (name?.toLowerCase() === "cause" && /^\d{1,3}$/.test(parameter)) cause = Number(parameter);
    if (name?.toLowerCase() === "text") text = parameter.slice(0, kLongestText);
  }
  return { protocol, text, ...(cause !== undefined && { cause }) };
}

/** All reasons of a message, in order. What cannot be read is left out; never throws. */
export function parseReasons(fields: readonly string[]): Reason[] {
  return fields
    .flatMap((field) => field.match(kValue) ?? [])
    .map(parseValue)
    .filter((reason) => reason !== undefined);
}

/** The reason that says most: the first with a text, else the first. */
export function firstReason(fields: readonly string[]): Reason | undefined {
  const reasons = parseReasons(fields);
  return reasons.find(({ text }) => text !== "") ?? reasons[0];
}
