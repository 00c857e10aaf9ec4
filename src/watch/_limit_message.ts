import type { WatchLimitError } from "../runtime/mod.ts";

const MAX_NAMED = 3;
/** What the settings are commonly raised to at least. */
const USUAL: Readonly<Record<string, number>> = {
  "fs.inotify.max_user_watches": 524_288,
  "fs.inotify.max_user_instances": 1_024,
};

/**
 * Says that folders are polled because the system allows no more watches, and what to do about it.
 *
 * @param limit What the system said.
 * @param polled The folders it is about.
 * @param all How many folders are watched in all.
 * @param interval How often they are looked at, in milliseconds.
 */
export function limitMessage(
  { setting, value }: WatchLimitError,
  polled: readonly string[],
  all: number,
  interval: number,
): string {
  const why = setting === undefined ? "" : ` (${setting}${value === undefined ? "" : ` is ${value}`})`;
  const more = polled.length - MAX_NAMED;
  const names = polled.slice(0, MAX_NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
  const remedy = setting === undefined
    ? "End what else watches files, or name what need not be watched in `ignore`"
    : `To raise the limit: sudo sysctl ${setting}=${Math.max(2 * (value ?? 0), USUAL[setting])}`;
  return `the system allows no more watches${why}: ${polled.length} of ${all} folders are looked at every ` +
    `${interval} ms instead: ${names}. ${remedy}`;
}
