import { carry } from "./errors.ts";
import { type ErrorInfo, formatError, type Place } from "./info.ts";

/**
 * Why a load failed:
 *
 * - `LOAD_FAILED`: the code is broken: an import, the constructor or `setup()` failed;
 * - `LOAD_TIMEOUT`: the load took longer than `loadTimeout`;
 * - `EXECUTOR_NOT_FOUND`: the modules contain no such Executor class;
 * - `EXECUTOR_AMBIGUOUS`: the modules contain several Executor classes, and none is chosen;
 * - `STATE_NOT_SAVED`: `saveState()` of the version that serves failed;
 * - `STATE_NOT_RESTORED`: `restoreState()` of the new version failed;
 * - `CONFIG_INVALID`: a YAML file is not valid;
 * - `CONFIG_NOT_FOUND`: a YAML file does not exist.
 */
export type LoadErrorCode =
  | "LOAD_FAILED"
  | "LOAD_TIMEOUT"
  | "EXECUTOR_NOT_FOUND"
  | "EXECUTOR_AMBIGUOUS"
  | "STATE_NOT_SAVED"
  | "STATE_NOT_RESTORED"
  | "CONFIG_INVALID"
  | "CONFIG_NOT_FOUND";

/** Files with the hash of their content, or `null` where the file could not be read. */
export type FileHashes = readonly (readonly [path: string, hash: string | null])[];

/**
 * A version of an Executor could not be loaded: its file is broken, its class is missing, its constructor threw, its
 * YAML is not valid. Thrown by `Flow.start()` when no watched file could fix it, and by `Flow.reload()`.
 *
 * @example
 * ```ts
 * import { LoadError } from "@hotflow/hotflow";
 *
 * const error = new LoadError({ name: "SyntaxError", message: "Unexpected token", stack: "", place: { file: "/app/a.ts", line: 4 } });
 * console.assert(error.code === "LOAD_FAILED" && error.place?.line === 4);
 * ```
 */
export class LoadError extends Error {
  /** The name of the class. */
  override readonly name: string = "LoadError";
  /** Why the load failed; programs can switch on it. */
  declare readonly code: LoadErrorCode;
  /** Where the mistake is, when that is known. */
  declare readonly place?: Place;
  /** The files that the load read; one of them probably contains the mistake. */
  declare readonly files: FileHashes;
  /** The whole report of what went wrong. */
  declare readonly info: ErrorInfo;

  /**
   * Creates the error of a load.
   *
   * @param info What went wrong, as a worker reported it; its `code` is `LOAD_FAILED` when left out.
   * @param files The files that the load read.
   * @param message The error's message. @default the formatted `info`
   */
  constructor(info: ErrorInfo, files: FileHashes = [], message: string = formatError(info)) {
    super(message);
    carry(this, { code: info.code ?? "LOAD_FAILED", place: info.place, files, info });
  }
}

/** Any thrown value as a {@linkcode LoadError}. */
export function toLoadError(thrown: unknown): LoadError {
  if (thrown instanceof LoadError) return thrown;
  return new LoadError({ name: "LoadError", message: (thrown as Error).message, stack: "" });
}

/** Whether a configuration file is to blame, so that no code was loaded. */
export function isConfigError({ code }: LoadError): boolean {
  return code === "CONFIG_INVALID" || code === "CONFIG_NOT_FOUND";
}
