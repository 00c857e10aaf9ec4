import { invalidState } from "../errors/mod.ts";
import { stampsOf } from "./_package_stamps.ts";
import { Replica } from "./replica.ts";
import { type WorkerLimits, WorkerLink } from "./worker_link.ts";
import type { WorkerLauncher } from "./worker_launcher.ts";

/**
 * How long after a load the next worker is started, in milliseconds: a start blocks the thread, and the first answers go
 * first. By then the replaced version has mostly ended, so that a standby costs no memory beside it.
 */
const REFILL_MS = 12;

/** The time of an import, in milliseconds, from which it is worth making it before there is code to load. */
const WORTHWHILE_MS = 20;

/** A deployment, as the pool sees it: only whether it is the same one. */
type Owner = object;

/** A standby worker. One that imports packages is for the deployment that needs them. */
interface Standby {
  readonly replica: Replica;
  /** When it began to wait, as `performance.now()`. */
  readonly since: number;
  readonly packages?: Packages;
  /** How far it is with preparing its modules. */
  progress?: "begun" | "done";
}

/** The modules that the standby workers of one deployment prepare: they import packages, and link others. */
interface Packages {
  readonly owner: Owner;
  readonly urls: readonly string[];
  /** When the packages were installed. */
  readonly stamps: string;
  /** Whether their import takes long; `undefined` until one has been made. */
  isWorthwhile?: boolean;
}

/** Workers for one load. */
export interface Taken {
  readonly replica: Replica;
  /** A worker that is still importing packages, and may be faster all the same. */
  readonly second?: Replica;
}

/** Starts all workers of a Flow, and keeps some ready, so that a save does not wait for a start. */
export class StandbyPool {
  /** The names of workers that did not yield when they were ended, and whose threads may live on. */
  readonly loops: string[] = [];
  readonly #all = new Set<WorkerLink>();
  /** How many workers the next version of each deployment takes. */
  readonly #needs = new Map<Owner, number>();
  #waiting: Standby[] = [];
  /** The workers that were taken, which may come back. */
  readonly #taken = new WeakMap<Replica, Standby>();
  #packages?: Packages;
  #timer?: ReturnType<typeof setTimeout>;
  #closed = false;
  /** The files that the workers that are started now may read, as far as that is limited. */
  #reads: readonly string[] = [];

  /**
   * @param size The number of workers to keep ready in any case; with 0, as many as the deployments need.
   * @param limits How long a worker may be silent, and how long its end may take.
   * @param captures Whether replicas report what their code writes to standard output and standard error.
   */
  constructor(
    private readonly launcher: WorkerLauncher,
    private size: number,
    private readonly limits: WorkerLimits,
    private readonly captures = false,
  ) {}

  /**
   * Takes a worker for one load, in one step, so that two loads never get the same one: one that has imported the
   * deployment's packages, or any other.
   *
   * @param isCold Whether it must not have imported packages: those that have are outdated.
   * @param modules The URLs of the modules that will be loaded.
   */
  take(owner: Owner, isCold = false, modules: readonly string[] = []): Taken {
    if (this.#closed) throw invalidState("Cannot start a worker: the Flow is closed");
    const reads = this.#reads = this.launcher.expect?.(modules) ?? [];
    const isOutdated = ({ packages, replica }: Standby) =>
      !mayRead(replica.link, reads) ||
      (packages?.owner === owner && (isCold || packages.stamps !== stampsOf(packages.urls)));
    for (const { replica } of this.#takeOut(isOutdated)) replica.end("what it has imported is outdated");
    const own = this.#remove(({ packages, progress }) => packages?.owner === owner && progress === "done") ??
      this.#remove(({ packages }) => packages?.owner === owner);
    // One that has not begun is like any other.
    if (own !== undefined && own.progress !== "begun") return { replica: own.replica };
    const other =
      this.#remove(({ packages, replica }) => packages === undefined && replica.state === "standby") ??
        this.#remove(({ packages }) => packages === undefined);
    const replica = other?.replica ?? this.#start();
    return own === undefined ? { replica } : { replica, second: own.replica };
  }

  /** Whether a worker can load a version of these modules, as far as its launcher is concerned. */
  isFit(link: WorkerLink, modules: readonly string[]): boolean {
    return mayRead(link, this.launcher.expect?.(modules) ?? []);
  }

  /** Takes back a worker that was not used. Returns whether it is kept. */
  release(replica: Replica): boolean {
    const hasRoom = this.#waiting.length < Math.max(1, this.#cold + this.#warm);
    if (!replica.isFresh || this.#closed || !hasRoom) return false;
    const taken = this.#taken.get(replica);
    const standby = taken?.progress === undefined ? { replica, since: performance.now() } : taken;
    if (standby.packages !== undefined && standby.packages !== this.#packages) return false;
    replica.abandon("its version was given up");
    this.#waiting.push(standby);
    return true;
  }

  /** Sets how many workers the next version of a deployment takes. */
  need(owner: Owner, count: number): void {
    if (count === 0) this.#needs.delete(owner);
    else this.#needs.set(owner, count);
    if (count === 0 && this.#packages?.owner === owner) this.#packages = undefined;
    this.#trim();
  }

  /**
   * Has the standby workers of a deployment prepare modules, and those of no other one. Does nothing without modules.
   *
   * @param urls The URLs of the modules.
   * @param takesOver Whether it takes the place of another deployment, whose files were saved earlier.
   */
  prepare(owner: Owner, urls: readonly string[], takesOver: boolean): void {
    const { owner: before, urls: known } = this.#packages ?? {};
    const isOther = before !== owner && (urls.length === 0 || (before !== undefined && !takesOver));
    const stamps = stampsOf(urls);
    const isSame = before === owner && String(known) === String(urls) && this.#packages?.stamps === stamps;
    if (!isOther && !isSame) {
      this.#packages = urls.length === 0 ? undefined : { owner, urls, stamps };
      this.#trim();
    }
    this.refill();
  }

  /** Changes the number of workers to keep ready in any case. */
  resize(size: number): void {
    this.size = size;
    this.#trim();
    this.refill();
  }

  /** Starts the missing workers a moment later. Called when a swap is over. */
  refill(): void {
    if (this.#closed || this.#timer !== undefined) return;
    this.#waiting = this.#waiting.filter(({ replica }) => replica.alive);
    if (this.#isComplete) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // A worker may have been released meanwhile.
      if (!this.#isComplete) this.#add();
      this.refill();
    }, REFILL_MS);
  }

  /** Ends all workers; resolves when they have ended, except those in {@linkcode loops}. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#waiting = [];
    for (const link of this.#all) link.end("the Flow is closed");
    await Promise.all(Array.from(this.#all, ({ gone }) => gone));
  }

  /** How long each standby worker has been waiting, in milliseconds. */
  get standbyMs(): number[] {
    const now = performance.now();
    return this.#waiting.filter(({ replica }) => replica.alive).map(({ since }) => now - since);
  }

  /** How many workers import packages. */
  get #warm(): number {
    const { owner, isWorthwhile = true } = this.#packages ?? {};
    return owner === undefined || !isWorthwhile ? 0 : this.#needs.get(owner) ?? 0;
  }

  /** How many workers import nothing. */
  get #cold(): number {
    const owner = this.#warm > 0 ? this.#packages?.owner : undefined;
    const others = [...this.#needs].filter(([other]) => other !== owner).map(([, count]) => count);
    return Math.max(this.size, 0, ...others);
  }

  /** How many workers of each kind are missing; negative when there are more than are needed. */
  get #missing(): { readonly warm: number; readonly cold: number } {
    const warm = this.#waiting.filter(({ packages }) => packages !== undefined).length;
    return { warm: this.#warm - warm, cold: this.#cold - (this.#waiting.length - warm) };
  }

  get #isComplete(): boolean {
    const { warm, cold } = this.#missing;
    return warm <= 0 && cold <= 0;
  }

  #takeOut(matches: (standby: Standby) => boolean): Standby[] {
    const { taken = [], left = [] } = Object.groupBy(this.#waiting, (one) => matches(one) ? "taken" : "left");
    this.#waiting = left;
    return taken;
  }

  #remove(matches: (standby: Standby) => boolean): Standby | undefined {
    const index = this.#waiting.findIndex((standby) => standby.replica.alive && matches(standby));
    if (index < 0) return undefined;
    const [standby] = this.#waiting.splice(index, 1);
    this.#taken.set(standby.replica, standby);
    return standby;
  }

  /** Ends the workers that are not needed any more. */
  #trim(): void {
    let [warm, cold] = [this.#warm, this.#cold];
    this.#waiting = this.#waiting.filter(({ replica, packages }) => {
      const isNeeded = packages === undefined ? cold-- > 0 : packages === this.#packages && warm-- > 0;
      if (!isNeeded) replica.end("it is not needed any more");
      return isNeeded;
    });
  }

  /** Adds a worker: one that imports packages, if such a one is missing. */
  #add(): void {
    const { warm, cold } = this.#missing;
    const packages = warm > 0 ? this.#packages : undefined;
    // A worker that waits already saves a start.
    const spare = packages !== undefined && cold < 0
      ? this.#remove((one) => one.packages === undefined)
      : undefined;
    const replica = spare?.replica ?? this.#start();
    const since = spare?.since ?? performance.now();
    const standby: Standby = { replica, since, ...(packages && { packages }) };
    this.#waiting.push(standby);
    this.#warmUp(standby, packages).catch(() => this.#giveUp(standby));
  }

  /** Ends a worker that could not prepare the modules, and has none prepare them again. */
  #giveUp(standby: Standby): void {
    const { packages, replica } = standby;
    if (packages === undefined || !this.#waiting.includes(standby)) return;
    packages.isWorthwhile = false;
    this.#takeOut((one) => one === standby);
    replica.end("it could not prepare modules");
    this.refill();
  }

  async #warmUp(standby: Standby, packages?: Packages): Promise<void> {
    const { replica } = standby;
    await replica.link.started;
    await replica.invoke("warm-up", null);
    // It may have been taken meanwhile.
    if (packages === undefined || !this.#waiting.includes(standby)) return;
    standby.progress = "begun";
    const ms = await replica.invoke("preload", { urls: packages.urls });
    packages.isWorthwhile ??= ms > WORTHWHILE_MS;
    standby.progress = "done";
    if (!packages.isWorthwhile && this.#waiting.includes(standby)) {
      this.#trim();
      this.refill();
    }
  }

  #start(): Replica {
    const link = new WorkerLink(this.launcher, this.limits, this.#reads);
    const replica = new Replica(link);
    if (this.captures) replica.invoke("capture", null).catch(() => {});
    this.#all.add(link);
    link.gone.then((yielded) => {
      this.#all.delete(link);
      if (!yielded) this.loops.push(link.log.name);
    });
    return replica;
  }
}

function mayRead({ reads }: WorkerLink, files: readonly string[]): boolean {
  return files.every((file) => reads.includes(file));
}
