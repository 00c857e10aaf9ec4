/** Milliseconds in few digits: `0.42 ms`, `12 ms`, `3.4 s`, `2 min`. */
export function duration(ms: number): string {
  if (ms < 10) return `${trimmed(ms, ms < 1 ? 2 : 1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${trimmed(ms / 1000, 1)} s`;
  return ms < 3_600_000 ? `${Math.round(ms / 60_000)} min` : `${trimmed(ms / 3_600_000, 1)} h`;
}

/** A number in few digits: `0.4`, `12`, `3.4k`. */
export function count(value: number): string {
  if (value >= 1e6) return `${trimmed(value / 1e6, 1)}M`;
  if (value >= 10_000) return `${trimmed(value / 1000, 1)}k`;
  return value < 10 ? trimmed(value, 1) : String(Math.round(value));
}

/** The time of day of an ISO 8601 text, in the time zone of the reader. */
export function clock(time: string): string {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0"))
    .join(":");
}

/** A number of things: `1 file`, `2 files`. */
export function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

/** A text that has at most so many characters. */
export function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, Math.max(most - 1, 1))}…` : text;
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}
