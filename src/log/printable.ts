/** The length from which on a text is cut, in characters. */
const MAX_LENGTH = 200;

/** A text of a client as a part of a log line: without line breaks and other control characters, and not too long. */
export function printable(text: string): string {
  const shown = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH).toWellFormed()}…` : text;
  return shown.replace(/[\p{Cc}\u2028\u2029]/gu, escapeOf);
}

function escapeOf(character: string): string {
  const hex = character.charCodeAt(0).toString(16).padStart(4, "0");
  return { "\n": "\\n", "\r": "\\r", "\t": "\\t" }[character] ?? `\\u${hex}`;
}
