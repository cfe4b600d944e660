const kLongest = 64;

/** What may be typed into a number: keys of a phone, and letters for their keys. */
export function cleanNumber(text: string): string {
  return text.replace(/[^0-9*#+a-z]/gi, "").slice(0, kLongest);
}
