import { type FsEvent, runtime, type Stamp } from "../runtime/mod.ts";
import { join } from "../paths.ts";
import { forEachLimited } from "../async/for_each_limited.ts";

/** How long a file that has changed has to stay the same to count as complete: nobody says when its writer is done. */
export const SETTLE_MS = 50;
/** Some file systems count in steps of 2 s, Deno in whole seconds: what changes twice in one may look the same. */
const STEP_MS = 2_500;
/** How many files are looked at at a time. */
const CONCURRENCY = 4;

/** What is known of something in a folder. */
interface Entry {
  /** A folder's own changes are told by what is in it. */
  readonly stamp: Stamp | "folder";
  /** Since when it has been the same, as long as it may be changing. */
  readonly since?: number;
  /** When to have its content looked at once more. */
  readonly again?: number;
}

/** A folder that is looked at again and again. */
export class PolledFolder {
  #entries?: Map<string, Entry>;
  readonly #restless = new Set<string>();
  #looking: Promise<void> = Promise.resolve();
  #there = false;
  #closed = false;

  /**
   * @param path The folder.
   * @param tell Called with what has changed.
   */
  constructor(private readonly path: string, private readonly tell: (event: FsEvent) => void) {}

  /** Whether some file may still be changing. */
  get isChanging(): boolean {
    return this.#restless.size > 0;
  }

  /** Looks at all that is in it. */
  look(): Promise<void> {
    return this.#looking = this.#looking.then(() => this.#look());
  }

  /** Looks at what has changed a moment ago. */
  lookTwice(): Promise<void> {
    return this.#looking = this.#looking.then(() => this.#stampAll([...this.#restless], performance.now()));
  }

  /** Tells nothing any more. */
  close(): void {
    this.#closed = true;
    this.#restless.clear();
  }

  async #look(): Promise<void> {
    const now = performance.now();
    const found = this.#closed ? undefined : await runtime.list(this.path);
    if (this.#closed) return;
    const isFirst = this.#entries === undefined;
    const entries = this.#entries ??= new Map();
    const names = new Set(found?.map(({ name }) => name));
    for (const name of entries.keys()) if (!names.has(name)) this.#gone(name);
    for (const { name, isFolder } of found ?? []) if (isFolder) this.#foundFolder(name, isFirst);
    const files = (found ?? []).filter(({ isFolder }) => !isFolder).map(({ name }) => name);
    await this.#stampAll(files, now, isFirst);
    if (this.#there && found === undefined) this.#tell({ path: this.path, kind: "done" });
    this.#there = found !== undefined;
  }

  async #stampAll(names: readonly string[], now: number, isFirst = false): Promise<void> {
    await forEachLimited(names, CONCURRENCY, async (name) => {
      const stamp = await runtime.stamp(join(this.path, name));
      if (this.#closed) return;
      if (stamp === undefined) this.#gone(name);
      else if (isFirst) this.#remember(name, stamp, now);
      else this.#compare(name, stamp, now);
    });
  }

  /** What has changed just before it is seen the first time may do so once more in the same step of the clock. */
  #remember(name: string, stamp: Stamp, now: number): void {
    const recent = Math.abs(Date.now() - Math.max(stamp.written, stamp.changed)) < STEP_MS;
    this.#entries?.set(name, { stamp, ...(recent && { again: now + STEP_MS }) });
  }

  #compare(name: string, stamp: Stamp, now: number): void {
    const before = this.#entries?.get(name);
    if (hasChanged(before, stamp)) {
      this.#entries?.set(name, { stamp, since: now });
      this.#restless.add(name);
      this.#tellOf(name, "writing");
    } else if (before?.since !== undefined && now - before.since >= SETTLE_MS) {
      this.#entries?.set(name, { stamp, again: now + STEP_MS });
      this.#restless.delete(name);
      this.#tellOf(name, "done");
    } else if (before?.again !== undefined && now >= before.again) {
      this.#entries?.set(name, { stamp });
      this.#tellOf(name, "done");
    }
  }

  #foundFolder(name: string, isFirst: boolean): void {
    if (this.#entries?.get(name)?.stamp === "folder") return;
    this.#entries?.set(name, { stamp: "folder" });
    this.#restless.delete(name);
    if (!isFirst) this.#tellOf(name, "done");
  }

  #gone(name: string): void {
    this.#restless.delete(name);
    if (this.#entries?.delete(name)) this.#tellOf(name, "done");
  }

  #tellOf(name: string, kind: FsEvent["kind"]): void {
    this.#tell({ path: join(this.path, name), kind });
  }

  #tell(event: FsEvent): void {
    if (!this.#closed) this.tell(event);
  }
}

/** While a file may be changing, its identity does not matter: on some mounts it is another one at each look. */
function hasChanged(before: Entry | undefined, now: Stamp): boolean {
  if (before === undefined || before.stamp === "folder") return true;
  const { print, size, written } = before.stamp;
  return before.since === undefined ? print !== now.print : size !== now.size || written !== now.written;
}
