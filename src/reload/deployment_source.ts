import type { Deployment } from "../deployment/deployment.ts";
import type { SwapRecord } from "../deployment/history.ts";
import type { ExecutorEntry } from "../executor/entry.ts";
import type { Logger } from "../log/logger.ts";
import { toPath } from "../paths.ts";
import type { PathSettler } from "../watch/path_settler.ts";
import type { Disk } from "./_file_contents.ts";
import type { WatchedFilesOptions } from "./_path_rules.ts";
import type { IsElsewhere } from "./watched_files.ts";

/** A deployment, and where its entry comes from. */
export interface DeploymentSource {
  readonly deployment: Deployment;
  /** The entry that it runs now; `undefined` when its YAML could not be read yet. */
  entry: ExecutorEntry | undefined;
  /** Determines the entry again: reads the YAML. */
  resolve(): Promise<ExecutorEntry>;
  /** Whether changes of source files reload it. */
  readonly reload: boolean;
  /** The YAML whose changes restart it. */
  readonly yaml?: string;
}

/** What the loads of deployments are reported to. */
export interface LoadObserver {
  /** Files were saved, and are going to be loaded. */
  changed(deployment: string, paths: Iterable<string>): void;
  /** A load has ended; it was made since these files were saved, the newest one so many milliseconds before it. */
  loaded(
    deployment: string,
    load: SwapRecord,
    saved: { readonly paths: Iterable<string>; readonly eventMs?: number },
  ): void;
  /** The files are again as the serving version was loaded from. */
  reverted(deployment: string): void;
}

/** What the reloaders of a Flow have in common. */
export interface Shared {
  readonly log: Logger;
  /** Left out when there are no events. */
  readonly observer?: LoadObserver;
  /** Reports which files are being written. */
  readonly settler: Pick<PathSettler, "writing" | "isWriting">;
  readonly disk?: Disk;
  /** Returns whether a file belongs to another deployment. */
  readonly isElsewhere: IsElsewhere;
  /** Watches the folders of all reloaders. Returns those that were not watched before. */
  rewatch(): Promise<readonly string[]>;
}

/** Which files belong to a deployment while it runs an entry. */
export function watchedFilesOf(
  { reload, yaml, deployment, ...source }: DeploymentSource,
  entry = source.entry,
): WatchedFilesOptions {
  const [module, ...extra] = (entry?.modules ?? [])
    .filter(({ url, required }) => required && url.startsWith("file:")).map(({ url }) => toPath(url));
  return {
    module,
    extra,
    yaml,
    sources: reload,
    except: entry === undefined ? [] : [deployment.workspaceOf(entry)],
    ignore: entry?.ignore ?? [],
    watch: entry?.watch ?? [],
  };
}
