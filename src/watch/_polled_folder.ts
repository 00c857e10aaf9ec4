import { type FsEvent, runtime, type Stamp } from "../runtime/mod.ts";
import { join } from "../paths.ts";
import { forEachLimited } from "../async/for_each_limited.ts";

/** How long a file must stay the same after a change to count as complete, in milliseconds. */
export const SETTLE_MS = 50;
/** Some file systems have a resolution of 2 s, Deno one of 1 s: two changes within that time may look like one. */
const RESOLUTION_MS = 2_500;
/** How many files are checked at a time. */
const CONCURRENCY = 4;

/** The last known state of an entry of the folder. Times are as `performance.now()` counts. */
interface Entry {
  readonly stamp: Stamp | "folder";
  /** When it changed last, as long as it may still be changing. */
  readonly changedAt?: number;
  /** When to report it once more, as a second change may have gone unnoticed. */
  readonly recheckAt?: number;
}

/** A folder that is polled. */
export class PolledFolder {
  #entries?: Map<string, Entry>;
  readonly #changing = new Set<string>();
  #scanning: Promise<void> = Promise.resolve();
  #exists = false;
  #closed = false;

  constructor(private readonly path: string, private readonly report: (event: FsEvent) => void) {}

  get isChanging(): boolean {
    return this.#changing.size > 0;
  }

  scan(): Promise<void> {
    return this.#scanning = this.#scanning.then(() => this.#scan());
  }

  scanChanging(): Promise<void> {
    return this.#scanning = this.#scanning.then(() => this.#stampAll([...this.#changing], performance.now()));
  }

  /** Reports nothing any more. */
  close(): void {
    this.#closed = true;
    this.#changing.clear();
  }

  async #scan(): Promise<void> {
    const now = performance.now();
    const found = this.#closed ? undefined : await runtime.list(this.path);
    if (this.#closed) return;
    const isFirst = this.#entries === undefined;
    const entries = this.#entries ??= new Map();
    const names = new Set(found?.map(({ name }) => name));
    for (const name of entries.keys()) if (!names.has(name)) this.#removed(name);
    for (const { name, isFolder } of found ?? []) if (isFolder) this.#addFolder(name, isFirst);
    const files = (found ?? []).filter(({ isFolder }) => !isFolder).map(({ name }) => name);
    await this.#stampAll(files, now, isFirst);
    if (this.#exists && found === undefined) this.#report("done");
    this.#exists = found !== undefined;
  }

  async #stampAll(names: readonly string[], now: number, isFirst = false): Promise<void> {
    await forEachLimited(names, CONCURRENCY, async (name) => {
      const stamp = await runtime.stamp(join(this.path, name));
      if (this.#closed) return;
      if (stamp === undefined) this.#removed(name);
      else if (!isFirst) this.#compare(name, stamp, now);
      else {
        // A file that was changed a moment ago may change once more within the resolution of the clock.
        const isRecent = Math.abs(Date.now() - Math.max(stamp.written, stamp.changed)) < RESOLUTION_MS;
        this.#entries?.set(name, { stamp, ...(isRecent && { recheckAt: now + RESOLUTION_MS }) });
      }
    });
  }

  #compare(name: string, stamp: Stamp, now: number): void {
    const before = this.#entries?.get(name);
    if (hasChanged(before, stamp)) {
      this.#entries?.set(name, { stamp, changedAt: now });
      this.#changing.add(name);
      this.#report("writing", name);
    } else if (before?.changedAt !== undefined && now - before.changedAt >= SETTLE_MS) {
      this.#entries?.set(name, { stamp, recheckAt: now + RESOLUTION_MS });
      this.#changing.delete(name);
      this.#report("done", name);
    } else if (before?.recheckAt !== undefined && now >= before.recheckAt) {
      this.#entries?.set(name, { stamp });
      this.#report("done", name);
    }
  }

  #addFolder(name: string, isFirst: boolean): void {
    if (this.#entries?.get(name)?.stamp === "folder") return;
    this.#entries?.set(name, { stamp: "folder" });
    this.#changing.delete(name);
    if (!isFirst) this.#report("done", name);
  }

  #removed(name: string): void {
    this.#changing.delete(name);
    if (this.#entries?.delete(name)) this.#report("done", name);
  }

  #report(kind: FsEvent["kind"], name = ""): void {
    if (!this.#closed) this.report({ path: join(this.path, name), kind });
  }
}

/** Whether a file has changed. While it may be changing, its identity is ignored: some mounts give another one each time. */
function hasChanged(before: Entry | undefined, now: Stamp): boolean {
  if (before === undefined || before.stamp === "folder") return true;
  const { print, size, written } = before.stamp;
  return before.changedAt === undefined ? print !== now.print : size !== now.size || written !== now.written;
}
