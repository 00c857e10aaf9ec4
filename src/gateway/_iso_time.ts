let second = NaN;
let beginning = "";

/** A time in milliseconds since 1970 as ISO 8601 text. The text of a second is cached, since many requests share it. */
export function isoTime(time: number): string {
  const millis = time % 1000;
  if (time - millis !== second) {
    second = time - millis;
    beginning = new Date(second).toISOString().slice(0, 20);
  }
  return `${beginning}${millis < 10 ? "00" : millis < 100 ? "0" : ""}${millis}Z`;
}
