import type { ExecutorEntry } from "../executor/entry.ts";
import type { Replica } from "../replica/replica.ts";
import type { LoadAnswer } from "../protocol/protocol.ts";
import { isSourceModule } from "../paths.ts";

/** The states of a version. */
export type VersionState = "loading" | "ready" | "serving" | "draining" | "closed" | "failed";

/** The states that can follow each state. */
const NEXT: Readonly<Record<VersionState, readonly VersionState[]>> = {
  loading: ["ready", "failed"],
  ready: ["serving", "failed"],
  serving: ["draining", "closed"],
  draining: ["closed"],
  closed: [],
  failed: [],
};

/** What a load that succeeded reports about the code. */
export type Loaded = Extract<LoadAnswer, { kind: "ready" }>;

/** How long the parts of a load took, in milliseconds; a part that was not reached is left out. */
export interface LoadPhases {
  /** Until the modules are imported and the class is found. */
  readonly load?: number;
  /** The constructor, `setup()` and `restoreState()`. */
  readonly setup?: number;
  /** Until the version serves. */
  readonly swap?: number;
}

/** One load of an Executor's code, in as many workers as there are replicas. */
export class Version {
  /** How many of its replicas have died and are being replaced. */
  replacing = 0;
  /** Workers that are loaded as well as those of some replicas, by index: the first one that is ready stays. */
  readonly seconds = new Map<number, Replica>();
  /** When its import has ended, and how long its constructor, `setup()` and `restoreState()` took, in milliseconds. */
  readonly times: { importedAt?: number; setup?: number } = {};
  #state: VersionState = "loading";
  #loaded?: Loaded;

  /** @param isInPlace Whether it shares the workers, and the unchanged modules, of the version before. */
  constructor(
    readonly number: number,
    readonly entry: ExecutorEntry,
    readonly replicas: Replica[],
    readonly isInPlace = false,
  ) {}

  get state(): VersionState {
    return this.#state;
  }

  /** What its load reported; set once it is ready. */
  get loaded(): Loaded | undefined {
    return this.#loaded;
  }

  /** All workers that it is loaded into. */
  get workers(): Replica[] {
    return [...this.replicas, ...this.seconds.values()];
  }

  canBecome(state: VersionState): boolean {
    return NEXT[this.#state].includes(state);
  }

  /**
   * Goes into another state.
   *
   * @throws {Error} When that state cannot follow the current one.
   */
  become(state: VersionState): void {
    if (!this.canBecome(state)) {
      throw new Error(
        `Cannot make version ${this.number} "${state}": expected ${
          NEXT[this.#state].map((next) => `"${next}"`).join(" or ") || "no other state"
        } after "${this.#state}"`,
      );
    }
    this.#state = state;
  }

  /** Notes what the answers of its workers tell of the times. */
  note(answers: readonly LoadAnswer[]): void {
    const setups = answers.flatMap((answer) => "setupMs" in answer ? [answer.setupMs ?? 0] : []);
    const setup = Math.max(0, ...setups);
    this.times.importedAt ??= performance.now() - setup;
    if (setups.length > 0) this.times.setup = setup;
  }

  /** The parts of its load, which began at this time, up to its failure. */
  phases(startedAt: number): LoadPhases {
    const { importedAt, setup } = this.times;
    return {
      ...(importedAt !== undefined && { load: importedAt - startedAt }),
      ...(setup !== undefined && { setup }),
    };
  }

  /** What its load, which began at this time, has come to: it serves. */
  outcome(startedAt: number): { readonly kept?: readonly string[]; readonly phases: LoadPhases } {
    const { load = 0, setup = 0 } = this.phases(startedAt);
    const phases = { load, setup, swap: performance.now() - startedAt - load - setup };
    return this.isInPlace ? { kept: this.found, phases } : { phases };
  }

  /** Makes it ready, with what its load reported. */
  finishLoad(loaded: Loaded): void {
    this.become("ready");
    this.#loaded = loaded;
  }

  /** Replaces a worker that died by the only one of another load of the same code. */
  replaceReplica(index: number, { replicas: [replica], loaded }: Version): void {
    this.replicas[index] = replica;
    this.#loaded = loaded;
  }

  /** Whether its workers keep something. */
  get keeps(): boolean {
    return this.replicas.some(({ link }) => link.kept.length > 0);
  }

  /** The names of the kept values that it has found. */
  get found(): string[] {
    return [...new Set(this.replicas.flatMap(({ found }) => found))];
  }

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
}

/** The files that differ between two loads of a version: with any, the loads are the same version by name only. */
export function changedFiles(one: Version, other: Version): string[] {
  const before = new Map(one.loaded?.files);
  const changed = (other.loaded?.files ?? []).filter(([path, hash]) => (before.get(path) ?? hash) !== hash);
  return changed.map(([path]) => path);
}

/** Whether changed files are not modules of a version: a package may have read them when it was imported beforehand. */
export function hasData(changed: readonly string[] = [], version?: Version): boolean {
  const modules = new Set(version?.loaded?.files.map(([path]) => path));
  return changed.some((path) => !modules.has(path) && !isSourceModule(path));
}
