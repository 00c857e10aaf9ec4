import type { ErrorInfo } from "../errors/mod.ts";

/**
 * The event of a log line as data, for programs that read the log:
 *
 * - `serving`: a port is open; there is one such line for each protocol, once all ports are open;
 * - `changed`: files were saved, and will be loaded;
 * - `served`: a version serves;
 * - `failed`: a version could not be loaded; the one in `serving`, if any, continues to serve;
 * - `applied`: the Flow was changed as its YAML describes;
 * - `refused`: the changes of the YAML cannot be applied; the Flow continues to serve unchanged;
 * - `output`: the message is output of an Executor to standard output or standard error; on the command line only.
 */
export type LogEvent =
  | {
    readonly kind: "serving";
    readonly protocol: "http" | "grpc";
    readonly host: string;
    readonly port: number;
  }
  | { readonly kind: "changed"; readonly files: readonly string[] }
  | {
    readonly kind: "served";
    /** Why the version was loaded. A `reload` without files was requested by `Flow.reload()`. */
    readonly cause: "start" | "reload" | "restart" | "replace";
    readonly files: readonly string[];
    readonly version: number;
    /** The duration in milliseconds. */
    readonly ms: number;
    /** The names of the values that were kept, when the version was loaded in place; left out in a new worker. */
    readonly kept?: readonly string[];
  }
  | {
    readonly kind: "failed";
    readonly files: readonly string[];
    /** The error of the load. */
    readonly error: ErrorInfo;
    /** The number of the version that serves. */
    readonly serving: number | null;
  }
  | {
    readonly kind: "applied";
    readonly files: readonly string[];
    /** Descriptions of the changes. */
    readonly changes: readonly string[];
    readonly ms: number;
  }
  | {
    readonly kind: "refused";
    readonly files: readonly string[];
    /** The first problem. */
    readonly error: ErrorInfo;
    /** All problems as text, with places and snippets. */
    readonly details: string;
  }
  | { readonly kind: "output"; readonly stream: "stdout" | "stderr" };

/** How a version was loaded, for the end of a line: nothing in a new worker. */
export function placeOfLoad(kept: readonly string[] | undefined): string {
  if (kept === undefined) return "";
  return kept.length === 0 ? " (in place)" : ` (in place, kept: ${kept.join(", ")})`;
}
