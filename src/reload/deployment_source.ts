import type { Deployment } from "../deployment/deployment.ts";
import type { SwapKind } from "../deployment/history.ts";
import { LoadError } from "../errors/mod.ts";
import type { ExecutorEntry } from "../executor/entry.ts";
import type { Logger } from "../log/logger.ts";
import { toPath } from "../paths.ts";
import type { Watcher } from "../watch/watcher.ts";
import type { IsElsewhere, ScopeOptions } from "./watched_files.ts";

/** A deployment whose files are looked after. */
export interface DeploymentSource {
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

/** What the reloaders of a Flow have in common. */
export interface Shared {
  /** The Flow's log. */
  readonly log: Logger;
  /** What tells of files. */
  readonly watcher: Watcher;
  /** Tells whether a file is a part of another deployment. */
  readonly isElsewhere: IsElsewhere;
  /** Called when other folders have to be watched; answers those that were not before. */
  rewatch(): Promise<readonly string[]>;
}

/** Why a deployment is loaded. */
export function kindOf({ history: { records, isContinued } }: Deployment, isRestart: boolean): SwapKind {
  const isNew = records.length === 0;
  return isNew && !isContinued ? "start" : isNew || isRestart ? "restart" : "reload";
}

/** What of the disk belongs to a deployment, as long as it runs an entry. */
export function scopeOf(
  { reload, yaml, deployment, ...managed }: DeploymentSource,
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
    watch: entry?.watch ?? [],
  };
}

/**
 * Finds out what a deployment is to run. A second time, when its YAML was read in the middle of a save that is over.
 *
 * @param isBeingSaved Tells whether the YAML is being written.
 * @returns Nothing when it is: the end of the save brings the next load.
 */
export async function readEntry(
  { yaml, resolve }: DeploymentSource,
  isBeingSaved: (yaml: string) => boolean,
): Promise<ExecutorEntry | undefined> {
  for (let last = false;; last = true) {
    try {
      return await resolve();
    } catch (error) {
      if (!(error instanceof LoadError) || yaml === undefined) throw error;
      if (isBeingSaved(yaml)) return undefined;
      if (last) throw error;
    }
  }
}
