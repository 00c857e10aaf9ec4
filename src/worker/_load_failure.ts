import { parseJson } from "../codec/json_text.ts";
import { type ErrorInfo, InvalidRequestError, type LoadClue, type Place } from "../errors/mod.ts";
import { BatchingError } from "../executor/batch_options.ts";
import { toPath } from "../paths.ts";
import type { LoadAnswer, LoadOrder } from "../protocol/protocol.ts";
import { workerRuntime } from "../runtime/worker.ts";
import { describeError, isLibraryFile } from "./_library_files.ts";
import { MissingClassError } from "./_missing_class.ts";
import type { VersionModules } from "./version_modules.ts";

/** The answer of a load that failed: its error, and the place where it can be fixed. */
export async function loadFailure(
  error: unknown,
  order: LoadOrder,
  files: VersionModules,
): Promise<LoadAnswer> {
  const info = await explain(error, files);
  const failure = (place: Place | undefined, namedAt?: LoadOrder["namedAt"]): LoadAnswer => ({
    kind: "failed",
    error: { ...info, ...(place && { place }) },
    files: files.hashes,
    ...(namedAt && { namedAt }),
  });
  const required = order.modules.filter(({ required }) => required);
  const file = files.unfinished ?? required.map(({ url }) => toPath(url)).at(0);
  const module = file === undefined ? undefined : { file };
  if (error instanceof MissingClassError) {
    return info.place === undefined && order.namedAt !== undefined
      ? failure(undefined, order.namedAt)
      : failure(info.place ?? module);
  }
  const batchingAt = error instanceof BatchingError ? order.batchingAt?.[error.key] : undefined;
  if (batchingAt !== undefined) return failure(undefined, batchingAt);
  const missing = required.find(({ url, namedAt }) => namedAt && files.isMissing(toPath(url)));
  if (missing !== undefined) return failure(undefined, missing.namedAt);
  // The stack of an error in JSON has only the module that requires the file.
  const mayBeJson = info.place === undefined || /JSON/.test(info.message);
  return failure((mayBeJson ? brokenJson(files.paths) : undefined) ?? info.place ?? module);
}

/** The error with what is known in addition. A file that was not found is added to the files. */
async function explain(error: unknown, files: VersionModules): Promise<ErrorInfo> {
  const info = describeError(error);
  const { missing, place, ...clue } = await clueTo(error, info.place, files);
  if (missing !== undefined) files.addMissing(missing);
  const isUsers = place !== undefined && !isLibraryFile(place.file);
  const details = error instanceof MissingClassError ? error.details : undefined;
  return { ...info, ...clue, ...(isUsers && { place }), ...details };
}

/** What the runtime can add to an error; nothing when reading the error throws, as a getter may. */
async function clueTo(error: unknown, place: Place | undefined, files: VersionModules): Promise<LoadClue> {
  try {
    return await workerRuntime.explain(error, files.paths, place) ?? {};
  } catch {
    return {};
  }
}

/** The place where the first broken JSON file among the paths is broken: the runtime's error does not name the file. */
function brokenJson(paths: readonly string[]): Place | undefined {
  for (const file of paths) {
    const text = file.endsWith(".json") ? workerRuntime.readText(file) : undefined;
    if (text === undefined) continue;
    try {
      parseJson(text.replace(/^\ufeff/, ""));
    } catch (error) {
      if (!(error instanceof InvalidRequestError)) throw error;
      const { lineno, colno } = error.issues[0].ctx ?? {};
      return { file, line: Number(lineno), column: Number(colno) };
    }
  }
}
