import process from "node:process";

/** The system allows no more watches. */
export class WatchLimitError extends Error {
  override readonly name = "WatchLimitError";

  /**
   * @param setting What limits them, as `sysctl` calls it; `undefined` elsewhere than on Linux.
   * @param value Its value, where it could be read.
   * @param cause What the runtime says.
   */
  constructor(readonly setting: string | undefined, readonly value: number | undefined, cause: unknown) {
    super("the system allows no more watches", { cause });
  }
}

/** Linux answers ENOSPC for one too many watch, EMFILE for one too many instance; Deno has its own words for both. */
const SETTINGS = [
  [/\bENOSPC\b|watch limit reached|os error 28\b/, "fs.inotify.max_user_watches"],
  [/\bEMFILE\b|os error 24\b/, "fs.inotify.max_user_instances"],
] as const;

/**
 * What an error of a watch is when it says that there are too many.
 *
 * @param error What was thrown.
 * @param read Reads a file of the system that tells the limit.
 * @returns The error to throw instead; `undefined` when it is about something else.
 */
export function watchLimit(error: unknown, read: (path: string) => string | undefined): Error | undefined {
  const { message, code } = error as Error & { code?: string };
  const found = SETTINGS.find(([pattern]) => pattern.test(`${code} ${message}`));
  if (found === undefined) return undefined;
  if (process.platform !== "linux") return new WatchLimitError(undefined, undefined, error);
  const value = Number.parseInt(read(`/proc/sys/${found[1].replaceAll(".", "/")}`) ?? "");
  return new WatchLimitError(found[1], Number.isNaN(value) ? undefined : value, error);
}
