/** Log records as the command line shows them. @module */
import type { LogRecord } from "../log/logger.ts";
import { relative, sep } from "../paths.ts";
import type { Style } from "./style.ts";

/** How many files of one change are named. */
const MAX_FILES = 3;

/** A record as one line of JSON; what an Executor has written to a stream stands under the stream's name. */
export function jsonLine({ time, level, name, message, event }: LogRecord): string {
  if (event?.kind === "output") return JSON.stringify({ time, level, name, [event.stream]: message });
  return JSON.stringify({ time, level, name, message, ...(event && { event }) });
}

/**
 * A record as people read it: one line a load, with what changed, why, the version and the time it took; a failed one
 * with the place, and the snippet below.
 *
 * @param record The record.
 * @param style How words are set off.
 * @param folder What paths are relative to, where they are below it.
 * @returns The lines; `undefined` when another record says the same.
 */
export function lineOf(record: LogRecord, style: Style, folder: string): string | undefined {
  const { level, name, message, time, event } = record;
  const line = (kind: string, text: string) =>
    `${style.dim(time.toTimeString().slice(0, 8))} ${kind} ${style.cyan(nameOf(name))} ${text}`;
  switch (event?.kind) {
    case "serving":
    case "changed":
      return undefined;
    case "served": {
      const version = style.bold(`version ${event.version}`);
      return line(
        style.green(event.cause.padEnd(7)),
        `${version} in ${event.ms.toFixed(1)} ms${
          event.cause === "start" ? "" : `: ${reasonOf(event.files, folder)}`
        }`,
      );
    }
    case "failed": {
      const serving = event.serving === null
        ? "nothing serves yet"
        : `version ${event.serving} keeps serving`;
      return line(style.red("failed "), `${serving}: ${detailOf(message)}`);
    }
    case "applied": {
      const changes = event.changes.join("; ") || "nothing is different";
      return line(
        style.green("change "),
        `${changes}, in ${event.ms.toFixed(1)} ms: ${reasonOf(event.files, folder)}`,
      );
    }
    case "refused":
      return line(style.red("failed "), `serves on as it was:\n${detailOf(message)}`);
    case "output":
      return line(paint(level, style)(event.stream.padEnd(7)), message);
    case undefined:
      return line(paint(level, style)(level.padEnd(7)), message);
    default:
      return event satisfies never;
  }
}

/** What is wrong: the message without its first line, which says what serves meanwhile. */
function detailOf(message: string): string {
  return message.slice(message.indexOf("\n") + 1);
}

/** All replicas of a deployment load the same: what is said by its first one is said by all. */
function nameOf(name: string): string {
  return name.replace(/\/rep-0$/, "");
}

function paint(level: LogRecord["level"], style: Style): (text: string) => string {
  return level === "error" ? style.red : level === "warning" ? style.yellow : style.dim;
}

function reasonOf(files: readonly string[], folder: string): string {
  if (files.length === 0) return "as you asked";
  const named = files.slice(0, MAX_FILES).map((path) => shorten(path, folder)).join(", ");
  const more = files.length - MAX_FILES;
  return `${named}${more > 0 ? ` and ${more} more` : ""} changed`;
}

/** A path below the folder without that folder; any other one as it is. */
export function shorten(path: string, folder: string): string {
  return path.startsWith(folder + sep) ? relative(folder, path) : path;
}
