import process from "node:process";

/** The system allows no more watches. */
export class WatchLimitError extends Error {
  override readonly name = "WatchLimitError";

  /**
   * @param setting The name of the limit for `sysctl`; `undefined` except on Linux.
   * @param value The value of the limit, if it could be read.
   * @param cause The runtime's error.
   */
  constructor(readonly setting: string | undefined, readonly value: number | undefined, cause: unknown) {
    super("the system allows no more watches", { cause });
  }
}

/** Linux fails with ENOSPC for too many watches, and EMFILE for too many instances; Deno has its own messages. */
const SETTINGS = [
  [/\bENOSPC\b|watch limit reached|os error 28\b/, "fs.inotify.max_user_watches"],
  [/\bEMFILE\b|os error 24\b/, "fs.inotify.max_user_instances"],
] as const;

/** Converts the error of too many watches; returns `undefined` for other errors. `read` reads the system's file. */
export function watchLimit(error: unknown, read: (path: string) => string | undefined): Error | undefined {
  const { message, code } = error as Error & { code?: string };
  const found = SETTINGS.find(([pattern]) => pattern.test(`${code} ${message}`));
  if (found === undefined) return undefined;
  if (process.platform !== "linux") return new WatchLimitError(undefined, undefined, error);
  const value = Number.parseInt(read(`/proc/sys/${found[1].replaceAll(".", "/")}`) ?? "");
  return new WatchLimitError(found[1], Number.isNaN(value) ? undefined : value, error);
}
