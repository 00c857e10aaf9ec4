import type { ErrorInfo } from "../errors/mod.ts";

/** Messages of runtimes and databases about a port or a file that is in use by another owner. */
const HELD =
  /\bAddrInUse\b|\bEADDRINUSE\b|address already in use|port .*\bin use\b|database (?:\w+ )?is locked|\bSQLITE_BUSY\b|\bLEVEL_LOCKED\b|\bEBUSY\b|already held by process|(?:could not|cannot|failed to|unable to) (?:set|get|acquire|obtain) (?:a |the |an )?(?:\w+ )?lock|conflicting lock|lock (?:file )?(?:is )?(?:already )?held|resource temporarily unavailable/i;

const HINT =
  "; when the version that serves holds it, `static exclusive = true` in the class makes that version close " +
  "before the next one is set up";

/** Whether an error reports a resource that another owner holds. */
export function isHeld({ name, message }: ErrorInfo): boolean {
  return HELD.test(`${name}: ${message}`);
}

/** Adds the remedy to an error that two versions side by side may cause; returns any other one as it is. */
export function hinted(info: ErrorInfo): ErrorInfo {
  const { message } = info;
  if (!isHeld(info) || message.endsWith(HINT)) return info;
  return { ...info, message: message + HINT };
}
