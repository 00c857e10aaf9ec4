import { InvalidRequestError, type Place } from "../errors/mod.ts";
import { workerRuntime } from "../runtime/worker.ts";
import { parseJson } from "../codec/json_text.ts";

/** The place where the first broken JSON file among the paths is broken: the runtime's error does not name the file. */
export function brokenJson(paths: Iterable<string>): Place | undefined {
  for (const file of paths) {
    const text = file.endsWith(".json") ? workerRuntime.readText(file) : undefined;
    if (text === undefined) continue;
    try {
      parseJson(text.replace(/^\ufeff/, ""));
    } catch (error) {
      if (!(error instanceof InvalidRequestError)) throw error;
      const { lineno: line, colno: column } = error.issues[0].ctx as { lineno: number; colno: number };
      return { file, line, column };
    }
  }
}
