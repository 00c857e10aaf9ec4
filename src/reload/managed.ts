import type { Deployment } from "../deployment/deployment.ts";
import type { ExecutorEntry } from "../executor/entry.ts";

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
