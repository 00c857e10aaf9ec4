/** A disk, a deployment and a Flow without files, workers and events, for unit tests of the reloaders. */
import type { Deployment, SwapOptions } from "../../src/deployment/deployment.ts";
import { History, type SwapKind, type SwapRecord } from "../../src/deployment/history.ts";
import { type FileHashes, LoadError } from "../../src/errors/mod.ts";
import type { ExecutorEntry } from "../../src/executor/entry.ts";
import { Logger } from "../../src/log/logger.ts";
import type { Disk } from "../../src/reload/_file_contents.ts";
import type { DeploymentSource, Shared } from "../../src/reload/deployment_source.ts";
import type { Content } from "../../src/watch/content.ts";
import { LogTrap } from "../support/log_trap.ts";

/** A folder that does not exist. */
export const FOLDER = "/no/such/app";
/** The module of the fake Executor. */
export const MAIN = `${FOLDER}/main.ts`;

/** Files in memory; the hash of a content is the content itself. */
export class FakeDisk implements Disk {
  readonly #files = new Map<string, { readonly text: string; readonly written: number }>();
  /** The paths that were read, in order. */
  readonly reads: string[] = [];
  #writes = 0;

  /** All files with their hashes. */
  get hashes(): FileHashes {
    return Array.from(this.#files, ([path, { text }]) => [path, text]);
  }

  /** Writes a file; each write is a millisecond later than the one before. */
  write(path: string, text: string, written = Date.now() + ++this.#writes): void {
    this.#files.set(path, { text, written });
  }

  remove(path: string): void {
    this.#files.delete(path);
  }

  read(path: string): Content {
    this.reads.push(path);
    const file = this.#files.get(path);
    return { hash: file?.text ?? null, isEmpty: !file?.text, written: file?.written ?? 0 };
  }

  writtenAt(path: string): number | undefined {
    return this.#files.get(path)?.written;
  }
}

/** A load under way. */
interface Swap {
  readonly kind: SwapKind;
  readonly entry: ExecutorEntry;
  readonly isFresh?: boolean;
  readonly changed?: readonly string[];
  readonly result: PromiseWithResolvers<SwapRecord>;
}

/** A deployment whose loads end when the test ends them. */
class FakeDeployment {
  readonly history = new History("executor0");
  readonly options = { remedy: "Save it again." };
  readonly logger: Logger;
  readonly swaps: Swap[] = [];
  complete = false;
  serving?: {
    readonly number: number;
    readonly loaded: { readonly className: string; readonly files: FileHashes };
  };
  onImported: (file: FileHashes[number]) => void = () => {};
  onOutdated: (changed: readonly string[]) => Promise<void> = () => Promise.resolve();
  /** How often an old version was set up again. */
  resumed = 0;
  #onSwap = () => {};

  constructor(log: LogTrap) {
    this.logger = new Logger("executor0/rep-0", log.sink);
  }

  workspaceOf(): string {
    return "/no/such/workspace";
  }

  resume(): Promise<void> {
    this.resumed++;
    return Promise.resolve();
  }

  swap(entry: ExecutorEntry, kind: SwapKind, { signal, isFresh, changed }: SwapOptions): Promise<SwapRecord> {
    const result = Promise.withResolvers<SwapRecord>();
    signal?.addEventListener("abort", () => result.reject(signal?.reason));
    this.swaps.push({ kind, entry, isFresh, changed, result });
    this.#onSwap();
    return result.promise;
  }

  /** Resolves when so many loads have begun. */
  async untilSwap(count: number): Promise<void> {
    while (this.swaps.length < count) await new Promise<void>((resolve) => this.#onSwap = resolve);
  }

  /** Has the load under way serve. */
  serve(files: FileHashes, className = "MyExecutor"): void {
    const { kind, result } = this.swaps.at(-1)!;
    const number = this.history.allocateNumber();
    this.serving = { number, loaded: { className, files } };
    this.complete = true;
    result.resolve(this.history.record(number, kind, performance.now()));
  }

  /** Has the load under way fail. */
  fail(files: FileHashes, message = "broken"): void {
    const { kind, result } = this.swaps.at(-1)!;
    const info = { name: "SyntaxError", message, stack: "" };
    this.history.record(this.history.allocateNumber(), kind, performance.now(), { error: info });
    result.reject(new LoadError(info, files));
  }
}

/** What a reloader works with. */
export class Fakes {
  readonly log = new LogTrap();
  readonly disk = new FakeDisk();
  readonly deployment = new FakeDeployment(this.log);
  /** The files that are being written. */
  readonly writing = new Set<string>();
  /** The folders that are watched for the first time at the next occasion. */
  readonly newFolders: string[] = [];
  readonly source: DeploymentSource;
  readonly shared: Shared;

  constructor(options: Partial<DeploymentSource> = {}) {
    const entry: ExecutorEntry = {
      modules: [{ url: `file://${MAIN}`, required: true }],
      renamable: true,
      with: {},
      metas: {},
      ignore: [],
      watch: [],
    };
    this.source = {
      deployment: this.deployment as unknown as Deployment,
      entry: undefined,
      resolve: () => Promise.resolve(entry),
      reload: true,
      ...options,
    };
    this.shared = {
      log: new Logger("Flow", this.log.sink),
      settler: { writing: this.writing, isWriting: (path) => this.writing.has(path) },
      disk: this.disk,
      isElsewhere: () => false,
      rewatch: () => Promise.resolve(this.newFolders.splice(0)),
    };
  }
}

/** Lets all promises settle that wait for nothing else. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
