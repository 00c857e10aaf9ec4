/** Checks of single options. @module */
import { invalidArgument, outOfRange, preview } from "../errors/mod.ts";
import { wrongModule } from "../executor/named_file.ts";
import { wrongPatterns } from "../executor/path_patterns.ts";

/** More workers than any machine has use for: a slip of the pen. */
export const MAX_REPLICAS = 1_000;

/** Refuses a number of workers that makes no sense. */
export function checkReplicas(replicas: number): void {
  if (Number.isInteger(replicas) && replicas >= 1 && replicas <= MAX_REPLICAS) return;
  throw outOfRange(
    `Cannot run ${replicas} replicas: a whole number from 1 to ${MAX_REPLICAS} is wanted`,
  );
}

/** Refuses patterns that are none. */
export function checkPatterns(option: "ignore" | "watch", patterns: readonly string[] = []): void {
  const wrong = wrongPatterns(patterns, option);
  if (wrong !== undefined) throw invalidArgument(`Cannot ${option} ${preview(patterns)}: ${wrong}`);
}

/** Refuses modules that cannot be any. */
export function checkModules(modules: readonly (string | URL)[]): void {
  if (!Array.isArray(modules) || !modules.every((path) => typeof path === "string" || path instanceof URL)) {
    refuse("add an Executor with modules", modules, "an array of paths or URLs");
  }
  const wrong = modules.map((module) => wrongModule(module)).find((message) => message !== undefined);
  if (wrong !== undefined) throw invalidArgument(`Cannot add an Executor with modules: ${wrong}`);
}

/** Refuses what is neither true nor false, nor left out. */
export function checkFlag(deed: string, value: unknown): void {
  if (value !== undefined && typeof value !== "boolean") refuse(deed, value, "true or false");
}

/** Refuses a value. */
export function refuse(deed: string, value: unknown, wanted: string): never {
  throw invalidArgument(`Cannot ${deed} ${preview(value)}: ${wanted} is wanted`);
}

/** Whether a value is an object as a literal makes it. */
export function isPlain(value: unknown): boolean {
  const proto = typeof value === "object" && value !== null ? Object.getPrototypeOf(value) : undefined;
  return proto === null || proto === Object.prototype;
}

/** Whether a value is a name or an array of names. */
export function isNames(needs: string | readonly string[]): boolean {
  const names: unknown = typeof needs === "string" ? [needs] : needs;
  return Array.isArray(names) && names.every((name) => typeof name === "string");
}

/** Arguments go to a worker, as a structured clone. */
export function checkCloneable(usesWith: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(usesWith)) {
    try {
      structuredClone(value);
    } catch (cause) {
      const why = (cause as Error).message;
      throw invalidArgument(
        `Cannot give usesWith.${key} to a worker: data that can be cloned is wanted: ${why}`,
        {
          cause,
        },
      );
    }
  }
}
