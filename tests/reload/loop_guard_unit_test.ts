/** What the guard concludes from the times of writes; the time is the test's. */
import { assertEquals } from "@std/assert";
import type { FileChange } from "../../src/reload/_load_times.ts";
import { LoopGuard } from "../../src/reload/_loop_guard.ts";
import { FakeTime } from "../support/fake_time.ts";

/** A guard, its time, and what it called. */
class Story implements Disposable {
  readonly said: string[] = [];
  readonly guard: LoopGuard;
  readonly time = new FakeTime();

  constructor() {
    const names = (changes: readonly FileChange[]) => changes.map(({ path }) => path).join(" ");
    const load = (paths: string[]) => void this.said.push(`load ${paths.join(" ")}`);
    this.guard = new LoopGuard(load, {
      stopped: (changes) => this.said.push(`stopped ${names(changes)}`),
      repeated: ({ path }) => this.said.push(`repeated ${path}`),
    });
  }

  /** Lets time pass. Returns the time then. */
  pass(ms: number): number {
    this.time.pass(ms);
    return Date.now();
  }

  /** Files are written now, and reported a moment later. Returns the files to load. */
  write(paths: string, isNamed = false, ms = 2): string {
    const written = Date.now();
    this.pass(ms);
    const changes = paths.split(" ").map((path) => ({ path, written, isNamed }));
    return this.guard.admit(changes).join(" ");
  }

  /** A load of 100 ms that writes files in the middle. Returns the files to load then. */
  load(paths = "gen", isNamed = false): string {
    const end = this.guard.beginLoad();
    this.pass(50);
    const next = paths === "" ? "" : this.write(paths, isNamed);
    this.pass(50);
    end(true, []);
    this.pass(1);
    return next;
  }

  /** Both trials, which write the files, too. */
  trials(paths = "gen"): void {
    for (let trial = 0; trial < 2; trial++) {
      this.pass(1_000);
      assertEquals(this.load(paths), "");
    }
  }

  [Symbol.dispose](): void {
    this.time[Symbol.dispose]();
  }
}

Deno.test("LoopGuard loads three times what a load writes, then waits for silence and makes two trials", () => {
  using story = new Story();
  assertEquals([1, 2, 3, 4].map(() => story.load()), ["gen", "gen", "gen", ""]);
  story.pass(900);
  assertEquals(story.said, []);
  story.pass(100);
  assertEquals(story.said, ["load gen"]);
  assertEquals(story.load(), "");
  story.pass(1_000);
  assertEquals(story.said, ["load gen", "load gen"]);
  assertEquals(story.load(), "");
  assertEquals(story.said, ["load gen", "load gen", "stopped gen"]);
  // A later load that writes it is no news.
  story.load();
  assertEquals(story.said.length, 3);
});

Deno.test("LoopGuard counts from the beginning after a change outside of loads", () => {
  using story = new Story();
  for (let round = 0; round < 3; round++) story.load();
  story.pass(500);
  assertEquals(story.write("main"), "main");
  assertEquals([1, 2, 3, 4].map(() => story.load()), ["gen", "gen", "gen", ""]);
  story.trials();
  assertEquals(story.said, ["load gen", "load gen", "stopped gen"]);
  story.pass(500);
  assertEquals(story.write("gen"), "gen", "a save of that file by a person");
  assertEquals([1, 2, 3, 4].map(() => story.load()), ["gen", "gen", "gen", ""]);
});

Deno.test("LoopGuard loads at once what a person saves while it waits for silence, and what was held back", () => {
  using story = new Story();
  for (let round = 0; round < 4; round++) story.load();
  story.pass(300);
  assertEquals(story.write("main"), "gen main");
  story.pass(5_000);
  assertEquals(story.said, []);
});

Deno.test("LoopGuard loads another file that a person saves during the trial", () => {
  using story = new Story();
  for (let round = 0; round < 4; round++) story.load();
  story.pass(1_000);
  assertEquals(story.load("main"), "main");
  assertEquals(story.load("gen"), "", "the loads before have written it");
  story.trials();
  assertEquals(story.said, ["load gen", "load gen", "load gen", "stopped gen"]);
});

Deno.test("LoopGuard loads a file that a person saves during loads that write another, also once it has stopped", () => {
  using story = new Story();
  for (let round = 0; round < 4; round++) story.load();
  assertEquals(story.load("main", true), "", "it comes with the trial");
  story.pass(1_000);
  assertEquals(story.said, ["load gen main"]);
  assertEquals(story.load("main", true), "main");
  assertEquals(story.load("gen"), "");
  story.trials();
  assertEquals(story.load("main", true), "main");
});

Deno.test("LoopGuard loads what a person saves during the trial at the time of the saves before", () => {
  using story = new Story();
  for (let round = 0; round < 4; round++) story.load("main", true);
  story.pass(1_000);
  assertEquals(story.load("main", true), "", "it may have been the load");
  story.pass(1_000);
  assertEquals(story.said, ["load main", "load main"]);
  assertEquals(story.load(""), "");
  assertEquals(story.write("main", true), "main");
});

Deno.test("LoopGuard finds files that are written by some of the loads only", () => {
  using story = new Story();
  const names = ["a b", "a", "a b", "a", "a b", "a"];
  for (let round = 0; round < 30; round++) {
    story.load(names[round % names.length]);
    story.pass(1_000);
  }
  assertEquals(story.said.at(-1), "stopped a b");
  const { length } = story.said;
  for (let round = 0; round < 10; round++) assertEquals(story.load(names[round % names.length]), "");
  assertEquals(story.said.length, length);
});

Deno.test("LoopGuard loads files again that the trial does not write", () => {
  using story = new Story();
  for (let round = 0; round < 4; round++) story.load("main", true);
  story.pass(1_000);
  assertEquals(story.load(""), "");
  assertEquals(story.write("main", true), "main", "a moment after the trial");
  assertEquals(story.said, ["load main"]);
});

Deno.test("LoopGuard does not suspect a person who saves many files, or one at other times of each load", () => {
  using story = new Story();
  for (let file = 0; file < 50; file++) assertEquals(story.load(`file${file}`), `file${file}`);
  for (let round = 0; round < 10; round++) {
    const end = story.guard.beginLoad();
    story.pass(1_000 + 700 * (round % 3));
    assertEquals(story.write("main", true), "main");
    end(false, []);
  }
  assertEquals(story.said, []);
});

Deno.test("LoopGuard recognizes writes at the end of loads as well, however long they take, and writes that are under way then", () => {
  using story = new Story();
  for (const [ms, expected] of [[100, "gen"], [900, "gen"], [3_000, "gen"], [200, ""]] as const) {
    const end = story.guard.beginLoad();
    const written = story.pass(ms);
    end(true, ["gen"]);
    story.pass(60);
    assertEquals(story.guard.admit([{ path: "gen", written, isNamed: true }]).join(" "), expected);
  }
});

Deno.test("LoopGuard does not suspect a person who saves a named file as soon as it is served", () => {
  using story = new Story();
  for (let round = 0; round < 30; round++) {
    story.load("");
    assertEquals(story.write("main", true), "main");
  }
  assertEquals(story.said, []);
});

Deno.test("LoopGuard reports a file once that is written soon after each load, and keeps loading it", () => {
  using story = new Story();
  for (let round = 0; round < 20; round++) {
    story.load("");
    story.pass(300);
    assertEquals(story.write("data"), "data");
  }
  assertEquals(story.said, ["repeated data"]);
});

Deno.test("LoopGuard finds writes that a load does not wait for after more loads", () => {
  using story = new Story();
  let rounds = 0;
  do story.load(""), story.pass(20); while (story.write("late") === "late" && ++rounds < 20);
  assertEquals(rounds, 7);
  for (let trial = 0; trial < 2; trial++) {
    story.pass(1_000);
    const end = story.guard.beginLoad();
    story.pass(130);
    assertEquals(story.write("late"), "");
    end(true, []);
  }
  assertEquals(story.said, ["repeated late", "load late", "load late", "stopped late"]);
});

Deno.test("LoopGuard finds writes right after loads whose times differ, as on a busy machine", async () => {
  using story = new Story();
  /** A load that a timer of the Executor writes a file after. */
  const load = (ms: number, lateMs: number) => {
    const end = story.guard.beginLoad();
    story.pass(ms);
    end(true, []);
    story.pass(lateMs);
    return story.write("late");
  };
  const times = [[600, 5], [50, 30], [300, 100], [1_500, 200], [200, 75], [900, 10], [400, 120]] as const;
  assertEquals(times.map(([ms, lateMs]) => load(ms, lateMs)), Array(times.length).fill("late"));
  assertEquals(load(800, 5), "");
  for (let trial = 0; trial < 2; trial++) {
    story.pass(1_000);
    const end = story.guard.beginLoad();
    story.pass(300);
    const served = story.guard.beforeServing(new AbortController().signal);
    story.pass(90);
    assertEquals(story.write("late"), "");
    story.pass(250);
    await served;
    end(true, []);
  }
  assertEquals(story.said, ["repeated late", "load late", "load late", "stopped late"]);
});
