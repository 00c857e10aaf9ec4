import { type ErrorInfo, LoadError, toLoadError } from "../errors/mod.ts";

/** What runtimes and databases say when something is held by another one: ports, and locks of files. */
const HELD =
  /\bAddrInUse\b|\bEADDRINUSE\b|address already in use|port .*\bin use\b|database (?:\w+ )?is locked|\bSQLITE_BUSY\b|\bLEVEL_LOCKED\b|\bEBUSY\b|already held by process|(?:could not|cannot|failed to|unable to) (?:set|get|acquire|obtain) (?:a |the |an )?(?:\w+ )?lock|conflicting lock|lock (?:file )?(?:is )?(?:already )?held|resource temporarily unavailable/i;

const HINT =
  "; when the version that serves holds it, `static exclusive = true` in the class makes that version close " +
  "before the next one is set up";

/** Whether an error says that something is held by another one. */
export function isHeld({ name, message }: ErrorInfo): boolean {
  return HELD.test(`${name}: ${message}`);
}

/** An error that may come of two versions side by side, with the remedy; any other one as it is. */
export function hinted(info: ErrorInfo): ErrorInfo {
  const { message } = info;
  if (!isHeld(info) || message.includes("static exclusive")) return info;
  return { ...info, message: message + HINT };
}

/** The same for the failure of a load. */
export function withExclusiveHint(error: unknown): LoadError {
  const { info, files } = toLoadError(error);
  return new LoadError(hinted(info), files);
}
