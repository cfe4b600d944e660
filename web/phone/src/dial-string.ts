const kLetters = "22233344455566677778889999";

/** Characters of text that are looked at: more than any number with words around it. */
const kLongestText = 1000;

function keyOf(character: string): string {
  if (/[0-9*#]/.test(character)) return character;
  if (/[a-z]/i.test(character)) return kLetters[character.toLowerCase().charCodeAt(0) - 97] ?? "";
  return "";
}

/** The number alone, of a text such as `Phone: (604) 555-0123 ext. 45` or `tel:+16045550123;ext=5`. */
function numberIn(text: string): string {
  return text
    .replace(/^[^\d+]*[a-z](?:[^\da-z+]*[^\da-z+*#])(?=[\d+*#])/i, "") // words and scheme before it
    .replace(/[;@,].*$/s, "") // parameters, a host, digits to send later
    .replace(/^(\W*\+\d[\d\W]*?)\(0\)/, "$1") // dialled only without the country code
    .replace(/(\d)\W*(?:(?:ext(?:n|ension)?|x)\W*|\s#\s*)\d{1,6}\W*$/i, "$1") // an extension
    .replace(/((?:\d[^\da-z]*){10})[a-z].*$/is, "$1"); // words after a whole number
}

/**
 * What a person typed or pasted, as it is dialled: digits, `*` and `#`, and a `+` in front. Letters
 * become the digits of their keys; spaces and punctuation go, and so does what is written around a
 * number but not dialled. At most 64 characters.
 */
export function dialString(typed: string): string {
  const text = numberIn(typed.slice(0, kLongestText).trim());
  const keys = Array.from(text, keyOf).join("").slice(0, 63);
  return /^[^\da-z*#+]*\+/i.test(text) && keys !== "" ? `+${keys}` : keys;
}
