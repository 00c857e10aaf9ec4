import type { ErrorInfo } from "../errors/info.ts";
import type { ErrorStatus } from "./status.ts";

/** An error as the status has it. */
export function errorStatus({ stack: _, place, ...info }: ErrorInfo): ErrorStatus {
  return { ...info, ...place };
}
