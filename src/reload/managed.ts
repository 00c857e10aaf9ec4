import type { Deployment } from "../deployment/deployment.ts";
import type { ExecutorEntry } from "../executor/entry.ts";
import { toPath } from "../runtime/paths.ts";
import type { ScopeOptions } from "./scope.ts";

/** A deployment whose files are looked after. */
export interface Managed {
  readonly deployment: Deployment;
  /** What it runs now; `undefined` when its YAML could not be read yet. */
  entry: ExecutorEntry | undefined;
  /** Finds out anew what it is to run: reads the YAML again. */
  resolve(): Promise<ExecutorEntry>;
  /** Whether changes of source files reload it. */
  readonly reload: boolean;
  /** The YAML whose changes restart it. */
  readonly yaml?: string;
}

/** What of the disk belongs to a deployment, as long as it runs an entry. */
export function scopeOf(
  { reload, yaml, deployment, ...managed }: Managed,
  entry = managed.entry,
): ScopeOptions {
  const modules = (entry?.modules ?? []).filter(({ url, required }) => required && url.startsWith("file:"))
    .map(({ url }) => toPath(url));
  return {
    modules: modules.slice(0, 1),
    extra: modules.slice(1),
    ...(yaml !== undefined && { yaml }),
    sources: reload,
    except: entry === undefined ? [] : [deployment.workspaceOf(entry)],
    ignore: entry?.ignore ?? [],
  };
}
