import type { Live, PageEventOf } from "../store.ts";

/** A load, as its event or the history tells of it; the history has neither files nor phases. */
export type Load = PageEventOf<"load">;

/** Files that were saved, whose load has not ended yet. */
export type Pending = PageEventOf<"changed">;

type Deployment = NonNullable<Live["status"]>["deployments"][number];

/** How many loads of each Executor are kept. */
export const MOST_LOADS = 50;

/** The last loads of all Executors, the oldest first. */
export class Loads {
  #byName = new Map<string, Load[]>();
  readonly #pending = new Map<string, Pending>();
  /** By Executor: the version that serves while nothing is wrong with its files. */
  readonly #sound = new Map<string, number>();

  /** The names of the Executors that were loaded. */
  get names(): string[] {
    return [...this.#byName.keys()];
  }

  /** The loads of an Executor. */
  of(name: string): readonly Load[] {
    return this.#byName.get(name) ?? [];
  }

  /** What was saved and is being loaded. */
  pendingOf(name: string): Pending | undefined {
    return this.#pending.get(name);
  }

  /** The newest load of all. */
  get last(): Load | undefined {
    return [...this.#byName.values()].flatMap((loads) => loads.at(-1) ?? [])
      .reduce<Load | undefined>((newest, load) => newest && newest.at > load.at ? newest : load, undefined);
  }

  /** Begins again with what the Flow knows. */
  reset({ status, loads }: PageEventOf<"hello">): void {
    this.#pending.clear();
    this.#byName = new Map(status.deployments.map((deployment) => [deployment.name, historyOf(deployment)]));
    for (const load of loads) this.take(load);
    for (const deployment of status.deployments) this.heed(deployment);
  }

  /** Takes what is true of an Executor after the loads so far. */
  heed({ name, version, lastError }: Deployment): void {
    if (version === null || lastError !== null) this.#sound.delete(name);
    else this.#sound.set(name, version);
  }

  /** The version that serves since the files are as before a load that failed; `undefined` when they are not. */
  undoneTo(load: Load): number | undefined {
    const isLast = this.of(load.deployment).at(-1) === load;
    return isLast && load.error !== undefined ? this.#sound.get(load.deployment) : undefined;
  }

  /** Takes the files of a load to come. */
  expect(event: Pending): void {
    this.#pending.set(event.deployment, event);
  }

  /** Takes a load that has ended. */
  take(load: Load): void {
    this.#pending.delete(load.deployment);
    // The status that tells of its error follows.
    this.#sound.delete(load.deployment);
    const others = this.of(load.deployment).filter((other) => keyOf(other) !== keyOf(load));
    this.#byName.set(
      load.deployment,
      [...others, load].sort((a, b) => a.at < b.at ? -1 : 1).slice(-MOST_LOADS),
    );
  }

  /** The files are as before: no load follows. */
  drop(name: string): void {
    this.#pending.delete(name);
  }

  /** Takes all Executors, and forgets those that the Flow no longer has. */
  keep(deployments: readonly Deployment[]): void {
    for (const gone of this.names) {
      if (!deployments.some(({ name }) => name === gone)) this.#byName.delete(gone);
    }
    for (const deployment of deployments) this.heed(deployment);
  }
}

/** Names a load among all. */
export function keyOf({ deployment, version, at }: Load): string {
  return `${deployment}\n${version}\n${at}`;
}

function historyOf({ name, history }: Deployment): Load[] {
  return history.map(({ kind, ...rest }) => ({
    ...rest,
    kind: "load",
    cause: kind,
    deployment: name,
    files: [],
    phases: {},
  }));
}
