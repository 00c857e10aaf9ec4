/** The reloader of a configuration file over a fake target and a fake disk. */
import { assertEquals } from "@std/assert";
import type { FileHashes } from "../../src/errors/mod.ts";
import { ConfigReloader, type ConfigTarget } from "../../src/reload/config_reloader.ts";
import { Fakes, FOLDER, turn } from "./_fakes.ts";

const FILE = `${FOLDER}/flow.yml`;
const OTHER = `${FOLDER}/executor.yml`;

/** A target whose updates end when the test ends them. */
class Story extends Fakes implements ConfigTarget {
  readonly path = FILE;
  readonly hash = "v1";
  hasFailed = false;
  readonly reloader: ConfigReloader;
  /** The files of each update, in order. */
  readonly updates: string[] = [];
  isBeingWritten = () => false;
  #result = Promise.withResolvers<FileHashes>();
  #onUpdate = () => {};

  constructor(text = "v1") {
    super();
    this.disk.write(FILE, text);
    this.reloader = new ConfigReloader(this, this.shared);
  }

  apply(changed: readonly string[], signal: AbortSignal, isBeingWritten: () => boolean): Promise<FileHashes> {
    this.updates.push(changed.map((path) => path.slice(FOLDER.length + 1)).join(" "));
    this.isBeingWritten = isBeingWritten;
    const result = this.#result = Promise.withResolvers();
    signal.addEventListener("abort", () => result.reject(signal.reason));
    this.#onUpdate();
    return result.promise;
  }

  /** Ends an update, once so many have begun. */
  async end(count: number, others: FileHashes | Error = []): Promise<void> {
    while (this.updates.length < count) await new Promise<void>((resolve) => this.#onUpdate = resolve);
    if (others instanceof Error) this.#result.reject(others);
    else this.#result.resolve(others);
    for (let round = 0; round < 3; round++) {
      await turn();
      await this.reloader.files.refresh();
    }
  }

  /** Saves a file, and reports it. */
  save(path: string, text: string): string[] {
    this.disk.write(path, text);
    return this.reloader.check([path], new Set());
  }
}

Deno.test("ConfigReloader.start() applies the file only if it has changed since it was applied", async () => {
  const same = new Story("v1");
  await same.reloader.start();
  assertEquals(same.updates, []);
  const changed = new Story("v2");
  await changed.reloader.start();
  assertEquals(changed.updates, ["flow.yml"]);
  await changed.end(1);
});

Deno.test("ConfigReloader.check() applies changes, one at a time, and the newest inherits those before", async () => {
  const story = new Story();
  await story.reloader.start();
  story.save(FILE, "v1");
  assertEquals(story.updates, []);
  assertEquals(story.save(FILE, ""), [FILE]);
  story.save(FILE, "v2");
  story.save(FILE, "v3");
  await story.end(2);
  assertEquals(story.updates, ["flow.yml", "flow.yml"]);
});

Deno.test("ConfigReloader watches other files that may fix a failure, and applies their changes", async () => {
  const story = new Story();
  await story.reloader.start();
  story.save(FILE, "v2");
  story.hasFailed = true;
  story.disk.write(OTHER, "bad");
  await story.end(1, [[OTHER, "bad"]]);
  assertEquals(story.updates.length, 1);
  story.save(OTHER, "good");
  assertEquals(story.updates, ["flow.yml", "executor.yml"]);
  story.hasFailed = false;
  await story.end(2);
});

Deno.test("ConfigReloader applies again what was saved before the other files were watched", async () => {
  const story = new Story();
  await story.reloader.start();
  story.save(FILE, "v2");
  story.disk.write(OTHER, "good");
  await story.end(1, [[OTHER, "bad"]]);
  assertEquals(story.updates, ["flow.yml", "executor.yml"]);
  story.reloader.check([OTHER], new Set());
  assertEquals(story.updates.length, 2, "the event about it comes later");
  await story.end(2);
});

Deno.test("ConfigReloader tries again when the file is saved as it was after a failure", async () => {
  const story = new Story();
  await story.reloader.start();
  story.save(FILE, "bad");
  story.hasFailed = true;
  await story.end(1);
  story.save(FILE, "bad");
  await story.end(2);
  assertEquals(story.updates.length, 2);
});

Deno.test("ConfigReloader reports to its target whether the file is being written", async () => {
  const story = new Story();
  await story.reloader.start();
  story.save(FILE, "v2");
  assertEquals(story.isBeingWritten(), false);
  story.writing.add(FILE);
  assertEquals(story.isBeingWritten(), true);
  story.writing.clear();
  story.disk.write(FILE, "v3");
  assertEquals(story.isBeingWritten(), true);
  await story.end(1);
});

Deno.test("ConfigReloader logs an unexpected error; close() gives up what is being applied", async () => {
  const story = new Story();
  await story.reloader.start();
  story.save(FILE, "v2");
  await story.end(1, new TypeError("a bug"));
  assertEquals(story.log.count(/ERROR Flow could not apply \/no\/such\/app\/flow.yml: TypeError: a bug/), 1);
  story.save(FILE, "v3");
  await story.reloader.close();
  story.save(FILE, "v4");
  assertEquals(story.updates.length, 2);
});
