import type { ErrorInfo } from "../errors/mod.ts";

/**
 * What a log line is about, as data: for programs that read the log, and for whoever shows it in another way.
 * `serving`: the port is open; `changed`: files were saved, and are about to be loaded; `served`: a version serves now; `failed`: a version could
 * not be loaded, and the one in `serving`, if any, keeps serving; `applied`: the Flow is now as its YAML says;
 * `refused`: what the YAML says cannot be applied, and the Flow serves on as it was; `output`: the message is what an
 * Executor has written to standard output or standard error, on the command line only.
 */
export type LogEvent =
  | { readonly kind: "serving"; readonly host: string; readonly port: number }
  | { readonly kind: "changed"; readonly files: readonly string[] }
  | {
    readonly kind: "served";
    /** Why it was loaded. A `reload` without files was asked for. */
    readonly cause: "start" | "reload" | "restart" | "replace";
    readonly files: readonly string[];
    readonly version: number;
    /** How long it took, in milliseconds. */
    readonly ms: number;
  }
  | {
    readonly kind: "failed";
    readonly files: readonly string[];
    /** What is wrong, with its place. */
    readonly error: ErrorInfo;
    /** The version that serves. */
    readonly serving: number | null;
  }
  | {
    readonly kind: "applied";
    readonly files: readonly string[];
    /** What is different now, in words. */
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
