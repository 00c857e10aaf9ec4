/** The steps that the runtimes share to explain the error of a failed import. @module */
import type { LoadClue, Place } from "../errors/mod.ts";
import { placeInDecorator } from "../script/decorator_place.ts";
import { explainRequire, type Installer, placeOfImport } from "../script/specifiers.ts";
import type { WorkerRuntime } from "./runtime.ts";

/** The maximum number of files that are checked for a syntax error without a place. */
const MAX_CHECKS = 20;

/** A failed import. */
export interface FailedImport<Thrown = Error> {
  readonly error: Thrown;
  /** The error's message without colours. */
  readonly message: string;
  /** The files that were imported, in order. */
  readonly files: readonly string[];
  /** The place in the error's stack. */
  readonly place?: Place;
  /** How the runtime's packages are installed. */
  readonly installer: Installer;
  readonly readText: WorkerRuntime["readText"];
}

/** Explains one kind of error; returns `undefined` for others. */
type Step<Thrown> = (failed: FailedImport<Thrown>) => LoadClue | undefined | Promise<LoadClue | undefined>;

/** Creates the `explain` of a runtime from steps, of which the first result counts. */
export function explainer<Thrown extends { readonly message: string } = Error>(
  installer: Installer,
  readText: WorkerRuntime["readText"],
  steps: readonly Step<Thrown>[],
): WorkerRuntime["explain"] {
  return async (error, files, place) => {
    if (typeof error !== "object" || error === null) return {};
    const message = withoutColours((error as Thrown).message);
    for (const step of steps) {
      const clue = await step({ error: error as Thrown, message, files, place, installer, readText });
      if (clue !== undefined) return clue;
    }
    return {};
  };
}

/** A step: a CommonJS module requires a module that does not exist. */
export function explainRequired({ message, installer, readText }: FailedImport): LoadClue | undefined {
  return explainRequire(message, installer, readText);
}

/** A step: the stack has a wrong place for an undefined name in a decorator. */
export function explainDecorator({ error, place, readText }: FailedImport): LoadClue | undefined {
  const found = place && placeInDecorator(error, place, readText(place.file) ?? "");
  return found && { place: found };
}

/** The place of the import that a message refers to, if it is found. */
export function importIn(message: string, { files, readText }: FailedImport<unknown>): LoadClue {
  return placed(placeOfImport(message, files, readText));
}

/** A clue that is a place, if there is one. */
export function placed(place: Place | undefined): LoadClue {
  return place === undefined ? {} : { place };
}

/** The files to check for a syntax error: those that match, the last imported first. */
export function filesToCheck(files: readonly string[], pattern: RegExp): string[] {
  return files.filter((path) => pattern.test(path)).reverse().slice(0, MAX_CHECKS);
}

/** Removes colour codes. */
export function withoutColours(text: string): string {
  // deno-lint-ignore no-control-regex -- colour codes begin with the escape character
  return text.replace(/\u001b\[[0-9;]*m/g, "");
}
