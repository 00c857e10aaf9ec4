/** One suite for both ways to watch: by events of the file system, and by looking again and again. */
import { assert, assertEquals } from "@std/assert";
import { basename } from "node:path";
import { runtime } from "../../src/runtime/mod.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Watched } from "./_watched.ts";

/** A test of both ways. */
function watcherTest(name: string, run: (watched: Watched, folder: TempFolder) => Promise<void>): void {
  for (const [way, poll] of [["by events", false], ["polling", 20]] as const) {
    Deno.test(`Watcher, ${way}, ${name}`, async () => {
      await using folder = await TempFolder.make();
      using watched = new Watched({ poll });
      await run(watched, folder);
    });
  }
}

watcherTest(
  "tells of a file that is written, renamed over, saved like vim does, or removed",
  async (watched, folder) => {
    for (const name of ["a.ts", "b.ts", "c.ts", "d.ts"]) await folder.write(name, "1");
    await watched.watcher.watch([folder.path]);
    await folder.write("a.ts", "2");
    await watched.until(folder.at("a.ts"));
    await folder.writeAtomic("b.ts", "2");
    await watched.until(folder.at("b.ts"));
    await folder.writeLikeVim("c.ts", "2");
    await watched.until(folder.at("c.ts"));
    await Deno.remove(folder.at("d.ts"));
    await watched.until(folder.at("d.ts"));
  },
);

watcherTest("waits for a folder that is not there yet in the one above it", async (watched, folder) => {
  await watched.watcher.watch([folder.at("later/deep")]);
  assertEquals(watched.watcher.folders, [folder.path]);
  await Deno.mkdir(folder.at("later/deep"), { recursive: true });
  await watched.until(folder.at("later"));
  await watched.watcher.watch([folder.at("later/deep")]);
  assertEquals(watched.watcher.folders, [folder.at("later/deep")]);
  await folder.write("later/deep/a.ts", "1");
  await watched.until(folder.at("later/deep/a.ts"));
});

watcherTest(
  "does not look into subfolders, and forgets folders that are not asked for any more",
  async (watched, folder) => {
    await folder.write("sub/a.ts", "1");
    await folder.write("other/a.ts", "1");
    await watched.watcher.watch([folder.path, folder.at("other")]);
    await watched.watcher.watch([folder.path]);
    await folder.write("sub/a.ts", "2");
    await folder.write("other/a.ts", "2");
    await folder.write("last.ts", "1");
    await watched.until(folder.at("last.ts"));
    assertEquals(watched.told.filter((path) => path.endsWith("a.ts")), []);
  },
);

watcherTest("again() tells of a path although nothing happened", async (watched, folder) => {
  await watched.watcher.watch([folder.path]);
  watched.watcher.settleLater(folder.at("gone.ts"));
  await watched.until(folder.at("gone.ts"));
});

watcherTest("misses nothing in a folder while others come and go", async (watched, folder) => {
  await watched.watcher.watch([folder.path]);
  for (let round = 0; round < 100; round++) {
    await Deno.mkdir(folder.at(`sub${round}`));
    const written = folder.write(`a${round}.ts`, "1");
    await watched.watcher.watch([folder.path, folder.at(`sub${round}`)]);
    await written;
  }
  for (let round = 0; round < 100; round++) await watched.until(folder.at(`a${round}.ts`));
});

watcherTest(
  "sees a folder that takes the place of one that was removed or moved",
  async (watched, folder) => {
    const sub = folder.at("sub");
    await Deno.mkdir(folder.at("sub/deep"), { recursive: true });
    const asked = [folder.path, sub, folder.at("sub/deep")];
    assertEquals((await watched.keep(asked)).sort(), asked);
    await Deno.remove(sub, { recursive: true });
    await folder.write("sub/deep/a.ts", "1");
    await watched.until(folder.at("sub/deep/a.ts"));
    await Deno.rename(sub, folder.at("aside"));
    await folder.write("sub/deep/b.ts", "1");
    await watched.until(folder.at("sub/deep/b.ts"));
    await folder.write("sub/deep/c.ts", "1");
    await watched.until(folder.at("sub/deep/c.ts"));
  },
);

watcherTest("sees all files of a folder that is moved to where it is asked for", async (watched, folder) => {
  for (let index = 0; index < 20; index++) await folder.write(`aside/deep/${index}.ts`, "1");
  await watched.keep([folder.path, folder.at("sub"), folder.at("sub/deep")]);
  await Deno.rename(folder.at("aside"), folder.at("sub"));
  for (let index = 0; index < 20; index++) await watched.until(folder.at(`sub/deep/${index}.ts`));
  await watched.untilAgain(folder.at("sub/deep/0.ts"), () => folder.write("sub/deep/0.ts", "2"));
});

watcherTest(
  "tells of saves of one length, of old times, and of a file moved over another",
  async (watched, folder) => {
    const then = new Date(2020, 0, 1);
    const age = (name: string) => Deno.utime(folder.at(name), then, then);
    for (const name of ["a.ts", "b.ts", "c.ts"]) {
      await folder.write(name, "1");
      await age(name);
    }
    await watched.watcher.watch([folder.path]);
    for (const text of ["2", "3"]) {
      await watched.untilAgain(folder.at("a.ts"), async () => {
        await folder.write("a.ts", text);
        await age("a.ts");
      });
    }
    await Deno.rename(folder.at("c.ts"), folder.at("b.ts"));
    await watched.until(folder.at("b.ts"));
    await watched.until(folder.at("c.ts"));
  },
);

/** Writes piece by piece for a while. Answers the longest time between two pieces: what it is depends on the machine. */
async function writeSlowly(path: string, pieces: number): Promise<number> {
  using file = await Deno.open(path, { write: true, create: true });
  let [longest, last] = [0, performance.now()];
  for (let piece = 0; piece < pieces; piece++) {
    await file.write(new Uint8Array(10));
    const next = performance.now() + 2;
    while (performance.now() < next) await new Promise((resolve) => setImmediate(resolve));
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }
  return longest;
}

watcherTest("tells of a file that is written slowly when it is complete", async (watched, folder) => {
  await watched.watcher.watch([folder.path]);
  for (let round = 0; round < 10; round++) {
    const path = folder.at(`${round}.ts`);
    const longest = await writeSlowly(path, 100);
    const early = watched.told.includes(path);
    await watched.until(path);
    if (!early) return;
    assertEquals(
      longest < 30,
      false,
      `${path} was told of while its pieces came ${longest} ms apart at most`,
    );
  }
});

/** Where nobody tells that a writer has closed its file, a pause is all there is to go by. */
const TELLS = { ignore: !runtime.reportsClose };

/** Lets as much time pass as a pause takes where nobody tells of closed files, and more. */
async function pause(watched: Watched): Promise<void> {
  for (const path of ["first pause", "second pause", "third pause"]) {
    watched.watcher.settleLater(path);
    await watched.until(path);
  }
}

/** A test of what only events can tell. */
function eventTest(name: string, run: (watched: Watched, folder: TempFolder) => Promise<void>): void {
  Deno.test(`Watcher, by events, ${name}`, TELLS, async () => {
    await using folder = await TempFolder.make();
    using watched = new Watched();
    await run(watched, folder);
  });
}

eventTest(
  "does not tell of a file before its writer closes it, however it pauses",
  async (watched, folder) => {
    const path = await folder.write("a.ts", "1");
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

eventTest("tells at once of what nobody writes: folders and links", async (watched, folder) => {
  await folder.write("a.ts", "1");
  await watched.watcher.watch([folder.path]);
  await Deno.mkdir(folder.at("sub"));
  await Deno.symlink(folder.at("a.ts"), folder.at("soft.ts"));
  await Deno.link(folder.at("a.ts"), folder.at("hard.ts"));
  await folder.write("last.ts", "1");
  await watched.until(folder.at("last.ts"));
  const told = watched.told.filter((path) => !path.endsWith("a.ts")).map((path) => basename(path));
  assertEquals(told, ["sub", "soft.ts", "hard.ts", "last.ts"]);
});

watcherTest("tells of a file in the end that nobody closes", async (watched, folder) => {
  const path = await folder.write("a.ts", "1");
  await watched.watcher.watch([folder.path]);
  await Deno.truncate(path);
  await watched.until(path);
  using file = await Deno.open(path, { write: true });
  await watched.untilAgain(path, () => file.write(new TextEncoder().encode("2")));
});
