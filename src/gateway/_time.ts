let second = NaN;
let beginning = "";

/** The ISO 8601 text of a time in milliseconds since 1970. Many requests share a second: its text is made once. */
export function isoTime(time: number): string {
  const millis = time % 1000;
  if (time - millis !== second) {
    second = time - millis;
    beginning = new Date(second).toISOString().slice(0, 20);
  }
  return `${beginning}${millis < 10 ? "00" : millis < 100 ? "0" : ""}${millis}Z`;
}
