import { assert, assertEquals } from "@std/assert";
import { basename } from "node:path";
import { runtime } from "../../src/runtime/mod.ts";
import { readContent } from "../../src/watch/content.ts";
import { Watcher } from "../../src/watch/watcher.ts";
import { PATIENCE_MS } from "../support/log_trap.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** A watcher whose paths are waited for. */
class Watched implements Disposable {
  readonly told: string[] = [];
  readonly watcher = new Watcher((paths) => {
    this.told.push(...paths);
    this.#check();
  });
  #check = () => {};

  /** Waits until a path was told of. */
  async until(path: string): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const found = new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`${path} is not among ${this.told}`)), PATIENCE_MS);
      this.#check = () => this.told.includes(path) && resolve();
      this.#check();
    });
    await found.finally(() => clearTimeout(timer));
  }

  [Symbol.dispose](): void {
    this.watcher.close();
  }
}

Deno.test("Watcher tells of a file that is written, renamed over, saved like vim does, or removed", async () => {
  await using folder = await TempFolder.make();
  for (const name of ["a.ts", "b.ts", "c.ts", "d.ts"]) await folder.write(name, "1");
  using watched = new Watched();
  await watched.watcher.watch([folder.path]);
  await folder.write("a.ts", "2");
  await watched.until(folder.at("a.ts"));
  await folder.writeAtomic("b.ts", "2");
  await watched.until(folder.at("b.ts"));
  await folder.writeLikeVim("c.ts", "2");
  await watched.until(folder.at("c.ts"));
  await Deno.remove(folder.at("d.ts"));
  await watched.until(folder.at("d.ts"));
});

Deno.test("Watcher waits for a folder that is not there yet in the one above it", async () => {
  await using folder = await TempFolder.make();
  using watched = new Watched();
  await watched.watcher.watch([folder.at("later/deep")]);
  assertEquals(watched.watcher.folders, [folder.path]);
  await Deno.mkdir(folder.at("later/deep"), { recursive: true });
  await watched.until(folder.at("later"));
  await watched.watcher.watch([folder.at("later/deep")]);
  assertEquals(watched.watcher.folders, [folder.at("later/deep")]);
  await folder.write("later/deep/a.ts", "1");
  await watched.until(folder.at("later/deep/a.ts"));
});

Deno.test("Watcher does not look into subfolders, and forgets folders that are not asked for any more", async () => {
  await using folder = await TempFolder.make();
  await folder.write("sub/a.ts", "1");
  await folder.write("other/a.ts", "1");
  using watched = new Watched();
  await watched.watcher.watch([folder.path, folder.at("other")]);
  await watched.watcher.watch([folder.path]);
  await folder.write("sub/a.ts", "2");
  await folder.write("other/a.ts", "2");
  await folder.write("last.ts", "1");
  await watched.until(folder.at("last.ts"));
  assertEquals(watched.told.filter((path) => path.endsWith("a.ts")), []);
});

Deno.test("Watcher.again() tells of a path although nothing happened", async () => {
  await using folder = await TempFolder.make();
  using watched = new Watched();
  await watched.watcher.watch([folder.path]);
  watched.watcher.again(folder.at("gone.ts"));
  await watched.until(folder.at("gone.ts"));
});

Deno.test("readContent() gives equal hashes for equal contents, whatever the file and its age", async () => {
  await using folder = await TempFolder.make();
  const one = readContent(await folder.write("a.ts", "same"));
  const other = readContent(await folder.write("b.ts", "same"));
  assertEquals(one.hash, other.hash);
});

Deno.test("readContent() tells contents of one length apart, and empty from absent", async () => {
  await using folder = await TempFolder.make();
  const hashes = new Set<string | null>();
  for (const text of ["", "a", "b", "ab", "ba", "v1", "v2"]) {
    hashes.add((readContent(await folder.write("a.ts", text))).hash);
  }
  assertEquals(hashes.size, 7);
  for (const path of [folder.at("none.ts"), folder.path]) {
    const { hash, blank } = readContent(path);
    assertEquals([hash, blank], [null, true]);
  }
});

Deno.test("Watcher misses nothing in a folder while others come and go", async () => {
  await using folder = await TempFolder.make();
  using watched = new Watched();
  await watched.watcher.watch([folder.path]);
  for (let round = 0; round < 100; round++) {
    await Deno.mkdir(folder.at(`sub${round}`));
    const written = folder.write(`a${round}.ts`, "1");
    await watched.watcher.watch([folder.path, folder.at(`sub${round}`)]);
    await written;
  }
  for (let round = 0; round < 100; round++) await watched.until(folder.at(`a${round}.ts`));
});

Deno.test("Watcher sees a folder that takes the place of one that was removed or moved", async () => {
  await using folder = await TempFolder.make();
  using watched = new Watched();
  const sub = folder.at("sub");
  await Deno.mkdir(folder.at("sub/deep"), { recursive: true });
  const asked = [folder.path, sub, folder.at("sub/deep")];
  assertEquals((await watched.watcher.watch(asked)).sort(), asked);
  await Deno.remove(sub, { recursive: true });
  await Deno.mkdir(folder.at("sub/deep"), { recursive: true });
  await watched.until(sub);
  assertEquals((await watched.watcher.watch(asked)).sort(), asked.slice(1));
  await folder.write("sub/deep/a.ts", "1");
  await watched.until(folder.at("sub/deep/a.ts"));
  watched.told.length = 0;
  await Deno.rename(sub, folder.at("aside"));
  await Deno.mkdir(folder.at("sub/deep"), { recursive: true });
  await watched.until(sub);
  await watched.watcher.watch(asked);
  await folder.write("sub/deep/b.ts", "1");
  await watched.until(folder.at("sub/deep/b.ts"));
});

/** Where nobody tells that a writer has closed its file, a pause is all there is to go by. */
const TELLS = { ignore: !runtime.reportsClose };

/** Lets as much time pass as a pause takes where nobody tells of closed files, and more. */
async function pause(watched: Watched): Promise<void> {
  for (const path of ["first pause", "second pause", "third pause"]) {
    watched.watcher.again(path);
    await watched.until(path);
  }
}

Deno.test(
  "Watcher does not tell of a file before its writer closes it, however it pauses",
  TELLS,
  async () => {
    await using folder = await TempFolder.make();
    const path = await folder.write("a.ts", "1");
    using watched = new Watched();
    await watched.watcher.watch([folder.path]);
    using file = await Deno.open(path, { write: true, truncate: true });
    await file.write(new TextEncoder().encode("first half"));
    await folder.write("b.ts", "2");
    await watched.until(folder.at("b.ts"));
    assert(watched.watcher.isWriting(path));
    await pause(watched);
    assertEquals(watched.told.includes(path), false);
    await file.write(new TextEncoder().encode(", second half"));
    file.close();
    await watched.until(path);
  },
);

Deno.test("Watcher tells of a file in the end that nobody closes", async () => {
  await using folder = await TempFolder.make();
  const path = await folder.write("a.ts", "1");
  using watched = new Watched();
  await watched.watcher.watch([folder.path]);
  await Deno.truncate(path);
  await watched.until(path);
  using file = await Deno.open(path, { write: true });
  watched.told.length = 0;
  await file.write(new TextEncoder().encode("2"));
  await watched.until(path);
});

Deno.test("Watcher tells at once of what nobody writes: folders and links", TELLS, async () => {
  await using folder = await TempFolder.make();
  await folder.write("a.ts", "1");
  using watched = new Watched();
  await watched.watcher.watch([folder.path]);
  await Deno.mkdir(folder.at("sub"));
  await Deno.symlink(folder.at("a.ts"), folder.at("soft.ts"));
  await Deno.link(folder.at("a.ts"), folder.at("hard.ts"));
  await folder.write("last.ts", "1");
  await watched.until(folder.at("last.ts"));
  const told = watched.told.filter((path) => !path.endsWith("a.ts")).map((path) => basename(path));
  assertEquals(told, ["sub", "soft.ts", "hard.ts", "last.ts"]);
});
