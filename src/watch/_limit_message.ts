import type { WatchLimitError } from "../runtime/mod.ts";

const MAX_NAMED = 3;
/** The values that the settings are commonly raised to. */
const COMMON: Readonly<Record<string, number>> = {
  "fs.inotify.max_user_watches": 524_288,
  "fs.inotify.max_user_instances": 1_024,
};

/**
 * The message that folders are polled because the system allows no more watches, with a remedy.
 *
 * @param all How many folders are watched in total.
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
    ? "End other programs that watch files, or exclude folders with `ignore`"
    : `To raise the limit: sudo sysctl ${setting}=${Math.max(2 * (value ?? 0), COMMON[setting])}`;
  return `the system allows no more watches${why}: ${polled.length} of ${all} folders are polled every ` +
    `${interval} ms instead: ${names}. ${remedy}`;
}
