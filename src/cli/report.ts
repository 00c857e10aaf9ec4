/** Log records as the command line shows them. @module */
import { placeOfLoad } from "../log/event.ts";
import { formatError } from "../errors/mod.ts";
import type { LogRecord } from "../log/logger.ts";
import { relative, sep } from "../paths.ts";
import type { Style } from "./style.ts";

/** How many files of one change are named. */
const MAX_FILES = 3;

/** Writes a record as one line of JSON; output of an Executor has the name of its stream as the key. */
export function jsonLine({ time, level, name, message, event }: LogRecord): string {
  if (event?.kind === "output") return JSON.stringify({ time, level, name, [event.stream]: message });
  return JSON.stringify({ time, level, name, message, ...(event && { event }) });
}

/**
 * Writes a record for people: one line for a load, with the version, the time it took and what changed; for a failed one,
 * the place, and the snippet below; `undefined` when another record reports the same.
 *
 * @param folder Paths below this folder are shown relative to it.
 */
export function lineOf(record: LogRecord, style: Style, folder: string): string | undefined {
  const { level, name, message, time, event } = record;
  const line = (colour: Parameters<Style>[0], kind: string, text: string) => {
    const start = `${style("dim", time.toTimeString().slice(0, 8))} ${style(colour, kind.padEnd(7))}`;
    return `${start} ${style("cyan", nameOf(name))} ${text}`;
  };
  const colour = level === "error" ? "red" : level === "warning" ? "yellow" : "dim";
  switch (event?.kind) {
    case "serving":
    case "changed":
      return undefined;
    case "served": {
      const why = event.cause === "start" ? "" : `: ${reasonOf(event.files, folder)}`;
      const version = style("bold", `version ${event.version}`);
      return line(
        "green",
        event.cause,
        `${version} in ${event.ms.toFixed(1)} ms${placeOfLoad(event.kept)}${why}`,
      );
    }
    case "failed": {
      const { serving, error } = event;
      const state = serving === null ? "nothing serves yet" : `version ${serving} keeps serving`;
      return line("red", "failed", `${state}: ${formatError(error)}`);
    }
    case "applied": {
      const changes = event.changes.join("; ") || "nothing is different";
      const why = reasonOf(event.files, folder);
      return line("green", "change", `${changes}, in ${event.ms.toFixed(1)} ms: ${why}`);
    }
    case "refused":
      return line("red", "failed", `keeps serving as before:\n${event.details}`);
    case "output":
      return line(colour, event.stream, message);
    case undefined:
      return line(colour, level, message);
    default:
      return event satisfies never;
  }
}

/** All replicas of a deployment load the same code: the first one logs for the deployment. */
function nameOf(name: string): string {
  return name.replace(/\/rep-0$/, "");
}

function reasonOf(files: readonly string[], folder: string): string {
  if (files.length === 0) return "as you asked";
  const named = files.slice(0, MAX_FILES).map((path) => shorten(path, folder)).join(", ");
  const more = files.length - MAX_FILES;
  return `${named}${more > 0 ? ` and ${more} more` : ""} changed`;
}

/** Writes a path below the folder relative to it; any other path as it is. */
export function shorten(path: string, folder: string): string {
  return path.startsWith(folder + sep) ? relative(folder, path) : path;
}
