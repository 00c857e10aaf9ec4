import type { ErrorInfo, LoadClue, Place } from "../errors/mod.ts";
import { toPath } from "../paths.ts";
import type { LoadAnswer, LoadOrder } from "../protocol/protocol.ts";
import { workerRuntime } from "../runtime/worker.ts";
import { brokenJson } from "./_broken_json.ts";
import { describeError, isLibraryFile } from "./_library_files.ts";
import { MissingClassError } from "./_missing_class.ts";
import type { ModuleFiles } from "./_module_files.ts";

type LoadFailure = Extract<LoadAnswer, { kind: "failed" }>;

/** The answer of a load that failed: its error, and the place where it can be fixed. */
export async function loadFailure(
  error: unknown,
  order: LoadOrder,
  files: ModuleFiles,
): Promise<LoadFailure> {
  const info = await explain(error, files);
  const details = error instanceof MissingClassError ? error.details : undefined;
  const answer = (place: Place | undefined, namedAt?: LoadOrder["namedAt"]): LoadFailure => ({
    kind: "failed",
    error: { ...info, ...details, ...(place && { place }) },
    files: files.hashes,
    ...(namedAt && { namedAt }),
  });
  if (details?.place !== undefined) return answer(details.place);
  const namedAt = details === undefined ? missingModule(order, files)?.namedAt : order.namedAt;
  if (namedAt !== undefined) return answer(undefined, namedAt);
  const place = (details === undefined ? jsonPlace(info, files) : undefined) ?? info.place;
  if (place !== undefined) return answer(place);
  const file = files.unfinished ?? moduleFile(order);
  return answer(file === undefined ? undefined : { file });
}

/** The module that a YAML file names and that does not exist. */
function missingModule({ modules }: LoadOrder, files: ModuleFiles): LoadOrder["modules"][number] | undefined {
  return modules.find(({ url, required, namedAt }) =>
    required && namedAt !== undefined && files.isMissing(toPath(url))
  );
}

/** The place in a broken JSON file, where the error's stack has only the module that requires the file. */
function jsonPlace({ message, place }: ErrorInfo, files: ModuleFiles): Place | undefined {
  return place === undefined || /JSON/.test(message) ? brokenJson(files.paths) : undefined;
}

/** The error with what the runtime can add. A file that was not found is added to the files. */
async function explain(error: unknown, files: ModuleFiles): Promise<ErrorInfo> {
  const info = describeError(error);
  const { missing, place, ...clue } = await clueTo(error, info.place, files);
  if (missing !== undefined) files.addMissing(missing);
  const isUsers = place !== undefined && !isLibraryFile(place.file);
  return { ...info, ...clue, ...(isUsers && { place }) };
}

/** What the runtime can add to an error; nothing when reading the error throws, as a getter may. */
async function clueTo(error: unknown, place: Place | undefined, files: ModuleFiles): Promise<LoadClue> {
  try {
    return await workerRuntime.explain(error, files.paths, place) ?? {};
  } catch {
    return {};
  }
}

function moduleFile({ modules }: LoadOrder): string | undefined {
  const module = modules.find(({ required }) => required);
  return module === undefined ? undefined : toPath(module.url);
}
