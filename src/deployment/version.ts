import { LoadError, snippetOf, toLoadError } from "../errors/mod.ts";
import type { ExecutorEntry } from "../executor/entry.ts";
import type { Replica } from "../replica/replica.ts";
import { runtime } from "../runtime/mod.ts";
import type { LoadAnswer } from "../protocol/protocol.ts";

/** The states of a version. */
export type VersionState = "loading" | "ready" | "serving" | "draining" | "closed" | "failed";

/** What a load that succeeded says of the code. */
export type Loaded = Extract<LoadAnswer, { kind: "ready" }>;

/** A failure as it is reported, with the lines around its place. */
export async function withSnippet(error: unknown): Promise<LoadError> {
  const failure = toLoadError(error);
  const { place } = failure.info;
  const text = place?.line === undefined ? undefined : await runtime.readText(place.file);
  const snippet = text === undefined ? undefined : snippetOf(text, place?.line ?? 1, place?.column);
  return snippet === undefined ? failure : new LoadError({ ...failure.info, snippet }, failure.files);
}

/** One load of an Executor's code, in as many workers as there are replicas. */
export class Version {
  /** Where it is in its life. */
  state: VersionState = "loading";
  /** What its load said; there once it is ready. */
  loaded?: Loaded;
  /** How many of its replicas have died and are being replaced. */
  replacing = 0;

  /**
   * @param number Counted from 1 per deployment.
   * @param entry What it runs.
   * @param replicas Its workers.
   */
  constructor(readonly number: number, readonly entry: ExecutorEntry, readonly replicas: Replica[]) {}

  /** The replica with the fewest calls in flight that still takes calls. */
  pick(): Replica | undefined {
    let best: Replica | undefined;
    for (const replica of this.replicas) {
      if (replica.alive && !replica.stuck && (best === undefined || replica.calls < best.calls)) {
        best = replica;
      }
    }
    return best;
  }

  /** The replica that has stopped yielding, if there is one. */
  get stuck(): number {
    return this.replicas.findIndex((replica) => replica.alive && replica.stuck);
  }
}

/** The files that are not the same in two loads of a version, which are the same version then by name only. */
export function changedFiles(one: Version, other: Version): string[] {
  const before = new Map(one.loaded?.files);
  const changed = (other.loaded?.files ?? []).filter(([path, hash]) => (before.get(path) ?? hash) !== hash);
  return changed.map(([path]) => path);
}
