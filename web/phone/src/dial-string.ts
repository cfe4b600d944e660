const kLetters = "22233344455566677778889999";

function keyOf(character: string): string {
  if (/[0-9*#]/.test(character)) return character;
  if (/[a-z]/i.test(character)) return kLetters[character.toLowerCase().charCodeAt(0) - 97] ?? "";
  return "";
}

/**
 * What a person typed or pasted, as it is dialled: digits, `*` and `#`, and a `+` in front. Letters
 * become the digits of their keys; spaces and punctuation go. At most 64 characters.
 */
export function dialString(typed: string): string {
  const text = typed
    .trim()
    .replace(/^(tel|sips?):/i, "")
    .replace(/[;@].*$/, "");
  const keys = Array.from(text, keyOf).join("").slice(0, 63);
  return text.trimStart().startsWith("+") && keys !== "" ? `+${keys}` : keys;
}
