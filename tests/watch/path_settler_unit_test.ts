/** When a path counts as completely written; the clock is the test's. */
import { assertEquals } from "@std/assert";
import { PathSettler } from "../../src/watch/_path_settler.ts";

/** A settler, its clock, and what it reported. */
class Story {
  now = 100_000;
  readonly reports: string[] = [];
  readonly settler: PathSettler;
  readonly written = new Map<string, number>();
  #timers: { readonly at: number; callback(): void }[] = [];
  #soon: (() => void)[] = [];

  constructor(reportsClose = true) {
    this.settler = new PathSettler((paths) => this.reports.push(paths.join(" ")), {
      reportsClose,
      writtenAt: (path) => this.written.get(path),
      now: () => this.now,
      wait: (ms, callback) => {
        const timer = { at: this.now + ms, callback };
        this.#timers.push(timer);
        return () => this.#timers = this.#timers.filter((other) => other !== timer);
      },
      soon: (callback) => this.#soon.push(callback),
    });
  }

  /** Lets time pass, and returns what was reported then. */
  pass(ms: number): string[] {
    this.now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.now);
    this.#timers = this.#timers.filter(({ at }) => at > this.now);
    for (const { callback } of due) callback();
    return this.turn();
  }

  /** Ends the turn of the event loop, and returns what was reported then. */
  turn(): string[] {
    for (const callback of this.#soon.splice(0)) callback();
    return this.reports.splice(0);
  }
}

Deno.test("PathSettler.settle() reports the paths of one turn together, each once", () => {
  const story = new Story();
  for (const path of ["a", "b", "a"]) story.settler.settle(path);
  assertEquals([story.reports, story.turn(), story.turn()], [[], ["a b"], []]);
  story.settler.settle("a");
  assertEquals(story.turn(), ["a"]);
});

Deno.test("PathSettler.written() waits for the end of a write where it is reported, and in the end does without", () => {
  const story = new Story();
  story.settler.written("a", true);
  story.settler.written("b", true);
  assertEquals([[...story.settler.writing], story.settler.isWriting("a")], [["a", "b"], true]);
  assertEquals(story.pass(900), []);
  story.settler.settle("a");
  assertEquals([story.turn(), [...story.settler.writing]], [["a"], ["b"]]);
  assertEquals([story.pass(100), story.settler.isWriting("b")], [["b"], false]);
});

Deno.test("PathSettler.written() waits for a pause where the end of a write is not reported", () => {
  const story = new Story(false);
  for (let piece = 0; piece < 5; piece++) {
    story.settler.written("a", false);
    assertEquals(story.pass(49), []);
  }
  assertEquals(story.pass(1), ["a"]);
});

Deno.test("PathSettler.written() goes by the file's own time when events are late", () => {
  const story = new Story(false);
  story.settler.written("a", false);
  story.written.set("a", story.now + 40);
  assertEquals([story.pass(50), story.pass(49), story.pass(1)], [[], [], ["a"]]);
  // The time of a file may be in the future.
  story.written.set("b", story.now + 1_000_000);
  story.settler.written("b", false);
  assertEquals(story.pass(50), ["b"]);
});

Deno.test("PathSettler.settleLater() waits longer where the end of a write is not reported", () => {
  for (const [reportsClose, ms] of [[true, 50], [false, 250]] as const) {
    const story = new Story(reportsClose);
    story.settler.settleLater("a");
    assertEquals([story.pass(ms - 1), story.pass(1)], [[], ["a"]]);
  }
});

Deno.test("PathSettler.close() reports nothing any more", () => {
  const story = new Story();
  story.settler.settle("a");
  story.settler.written("b", false);
  story.settler.close();
  story.settler.settle("c");
  assertEquals([story.pass(10_000), [...story.settler.writing]], [[], []]);
});
