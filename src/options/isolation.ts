/** The options of an Executor in a process of its own. @module */
import { pathOf } from "../executor/entry.ts";
import { type ProcessOptions, runtime } from "../runtime/mod.ts";
import type { AddOptions } from "./options.ts";

/** The options that only a process has. */
const OF_PROCESSES = ["memory", "permissions", "env"] as const;
/** The permissions that are lists of paths. */
const OF_PATHS = ["read", "write", "ffi"];

/**
 * What does not fit together: the option, and why; `undefined` when all do.
 *
 * @param inFile The `isolation` of a Flow's YAML, which the options override.
 */
export function isolationMismatch(
  options: Pick<AddOptions, "isolation" | "memory" | "permissions" | "env">,
  inFile?: AddOptions["isolation"],
): [option: string, reason: string] | undefined {
  const { isolation, permissions } = options;
  const alone = OF_PROCESSES.find((name) => isolation !== "process" && options[name] !== undefined);
  if (alone !== undefined && inFile === "process") {
    const overriding = `\`isolation: "${isolation}"\` of \`Flow.load()\`, or \`--isolation ${isolation}\``;
    return [
      alone,
      `only a process of its own has it; drop ${overriding}, which overrides the file's \`process\``,
    ];
  }
  if (alone !== undefined) {
    return [alone, 'only a process of its own has it; set `isolation` to "process"'];
  }
  if (permissions !== undefined && !runtime.hasPermissions) {
    return ["permissions", "only Deno has permissions; delete it, or run the Flow on Deno"];
  }
}

/** What the processes of an Executor are started with; `undefined` when it runs in threads. */
export function processOptionsOf(
  { isolation, memory, permissions, env }: Pick<AddOptions, "isolation" | "memory" | "permissions" | "env">,
): ProcessOptions | undefined {
  if (isolation !== "process") return undefined;
  return {
    ...(memory !== undefined && { memory }),
    ...(permissions !== undefined && { permissions: withPaths(permissions, pathOf) }),
    ...(env !== undefined && { env }),
  };
}

/** Permissions whose paths are absolute. */
export function withPaths(
  permissions: NonNullable<AddOptions["permissions"]>,
  absolute: (path: string) => string,
): NonNullable<ProcessOptions["permissions"]> {
  return Object.fromEntries(
    Object.entries(permissions).filter(([, value]) => value !== undefined).map(([kind, value]) => [
      kind,
      Array.isArray(value) && OF_PATHS.includes(kind) ? value.map(absolute) : value,
    ]),
  );
}
