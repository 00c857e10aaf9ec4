/** One suite for both ways to watch: by events of the file system, and by polling. */
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
  "reports a file that is written, renamed over, saved like vim does, or removed",
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

watcherTest("watches the folder above one that does not exist yet", async (watched, folder) => {
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
  "ignores subfolders, and folders that are no longer requested",
  async (watched, folder) => {
    await folder.write("sub/a.ts", "1");
    await folder.write("other/a.ts", "1");
    await watched.watcher.watch([folder.path, folder.at("other")]);
    await watched.watcher.watch([folder.path]);
    await folder.write("sub/a.ts", "2");
    await folder.write("other/a.ts", "2");
    await folder.write("last.ts", "1");
    await watched.until(folder.at("last.ts"));
    assertEquals(watched.reported.filter((path) => path.endsWith("a.ts")), []);
  },
);

watcherTest("PathSettler.settleLater() reports a path although nothing happened", async (watched, folder) => {
  await watched.watcher.watch([folder.path]);
  watched.watcher.settler.settleLater(folder.at("gone.ts"));
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
    const requested = [folder.path, sub, folder.at("sub/deep")];
    assertEquals((await watched.keep(requested)).sort(), requested);
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

watcherTest("sees folders that are replaced again and again", async (watched, folder) => {
  const requested = [folder.path, folder.at("sub"), folder.at("sub/deep")];
  await Deno.mkdir(folder.at("sub/deep"), { recursive: true });
  await watched.keep(requested);
  for (let round = 0; round < 30; round++) {
    if (round % 2 === 0) await Deno.rename(folder.at("sub"), folder.at(`aside${round}`));
    else await Deno.remove(folder.at("sub"), { recursive: true });
    await folder.write(`sub/deep/a${round}.ts`, "1");
    await watched.until(folder.at(`sub/deep/a${round}.ts`));
    await folder.write(`sub/deep/b${round}.ts`, "1");
    await watched.until(folder.at(`sub/deep/b${round}.ts`));
  }
});

watcherTest("sees all files of a folder that is moved to a requested path", async (watched, folder) => {
  for (let index = 0; index < 20; index++) await folder.write(`aside/deep/${index}.ts`, "1");
  await watched.keep([folder.path, folder.at("sub"), folder.at("sub/deep")]);
  await Deno.rename(folder.at("aside"), folder.at("sub"));
  for (let index = 0; index < 20; index++) await watched.until(folder.at(`sub/deep/${index}.ts`));
  await watched.untilAgain(folder.at("sub/deep/0.ts"), () => folder.write("sub/deep/0.ts", "2"));
});

watcherTest(
  "reports saves of one length, with old times, and a file moved over another",
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

/** Writes piece by piece for a while. Returns the longest time between two pieces, which depends on the machine. */
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

watcherTest("reports a file that is written slowly when it is complete", async (watched, folder) => {
  await watched.watcher.watch([folder.path]);
  for (let round = 0; round < 10; round++) {
    const path = folder.at(`${round}.ts`);
    const longest = await writeSlowly(path, 100);
    const early = watched.reported.includes(path);
    await watched.until(path);
    if (!early) return;
    assertEquals(
      longest < 30,
      false,
      `${path} was reported while its pieces came ${longest} ms apart at most`,
    );
  }
});

/** For tests of events that report the end of a write. */
const REPORTS_CLOSE = { ignore: !runtime.reportsClose };

/** Lets more time pass than the pause that counts as the end of a write where it is not reported. */
async function pause(watched: Watched): Promise<void> {
  watched.watcher.settler.settleLater("a pause");
  await watched.until("a pause");
}

/** A test of what only events report. */
function eventTest(name: string, run: (watched: Watched, folder: TempFolder) => Promise<void>): void {
  Deno.test(`Watcher, by events, ${name}`, REPORTS_CLOSE, async () => {
    await using folder = await TempFolder.make();
    using watched = new Watched();
    await run(watched, folder);
  });
}

eventTest(
  "does not report a file before its writer closes it, even after pauses",
  async (watched, folder) => {
    const path = await folder.write("a.ts", "1");
    await watched.watcher.watch([folder.path]);
    using file = await Deno.open(path, { write: true, truncate: true });
    await file.write(new TextEncoder().encode("first half"));
    await folder.write("b.ts", "2");
    await watched.until(folder.at("b.ts"));
    assert(watched.watcher.settler.isWriting(path));
    await pause(watched);
    assertEquals(watched.reported.includes(path), false);
    await file.write(new TextEncoder().encode(", second half"));
    file.close();
    await watched.until(path);
  },
);

eventTest("reports folders and links at once", async (watched, folder) => {
  await folder.write("a.ts", "1");
  await watched.watcher.watch([folder.path]);
  await Deno.mkdir(folder.at("sub"));
  await Deno.symlink(folder.at("a.ts"), folder.at("soft.ts"));
  await Deno.link(folder.at("a.ts"), folder.at("hard.ts"));
  await folder.write("last.ts", "1");
  await watched.until(folder.at("last.ts"));
  const reported = watched.reported.filter((path) => !path.endsWith("a.ts")).map((path) => basename(path));
  assertEquals(reported, ["sub", "soft.ts", "hard.ts", "last.ts"]);
});

watcherTest("reports a file that is never closed in the end", async (watched, folder) => {
  const path = await folder.write("a.ts", "1");
  await watched.watcher.watch([folder.path]);
  await Deno.truncate(path);
  await watched.until(path);
  using file = await Deno.open(path, { write: true });
  await watched.untilAgain(path, () => file.write(new TextEncoder().encode("2")));
});
