/** When a path counts as completely written; the time is the test's. */
import { assertEquals } from "@std/assert";
import { PathSettler } from "../../src/watch/path_settler.ts";
import { FakeTime } from "../support/fake_time.ts";

/** A settler, its time, and what it reported. */
class Story implements Disposable {
  readonly reports: string[] = [];
  readonly written = new Map<string, number>();
  readonly settler = new PathSettler((paths) => this.reports.push(paths.join(" ")), {
    writtenAt: (path) => this.written.get(path),
  });
  readonly time = new FakeTime();

  /** Lets time pass, and returns what was reported then. */
  pass(ms: number): Promise<string[]> {
    this.time.pass(ms);
    return this.turn();
  }

  /** Ends the turn of the event loop, and returns what was reported then. */
  async turn(): Promise<string[]> {
    await new Promise((resolve) => setImmediate(resolve));
    return this.reports.splice(0);
  }

  [Symbol.dispose](): void {
    this.time[Symbol.dispose]();
  }
}

Deno.test("PathSettler.settle() reports the paths of one turn together, each once", async () => {
  using story = new Story();
  for (const path of ["a", "b", "a"]) story.settler.settle(path);
  assertEquals([story.reports, await story.turn(), await story.turn()], [[], ["a b"], []]);
  story.settler.settle("a");
  assertEquals(await story.turn(), ["a"]);
});

Deno.test("PathSettler.written() waits for the end of a write where it is reported, and in the end does without", async () => {
  using story = new Story();
  story.settler.written("a", true);
  story.settler.written("b", true);
  assertEquals([[...story.settler.writing], story.settler.isWriting("a")], [["a", "b"], true]);
  assertEquals(await story.pass(900), []);
  story.settler.settle("a");
  assertEquals([await story.turn(), [...story.settler.writing]], [["a"], ["b"]]);
  assertEquals([await story.pass(100), story.settler.isWriting("b")], [["b"], false]);
});

Deno.test("PathSettler.written() waits for a pause where the end of a write is not reported", async () => {
  using story = new Story();
  for (let piece = 0; piece < 5; piece++) {
    story.settler.written("a", false);
    assertEquals(await story.pass(49), []);
  }
  assertEquals(await story.pass(1), ["a"]);
});

Deno.test("PathSettler.written() goes by the file's own time when events are late", async () => {
  using story = new Story();
  story.settler.written("a", false);
  story.written.set("a", Date.now() + 40);
  assertEquals([await story.pass(50), await story.pass(49), await story.pass(1)], [[], [], ["a"]]);
  // The time of a file may be in the future.
  story.written.set("b", Date.now() + 1_000_000);
  story.settler.written("b", false);
  assertEquals(await story.pass(50), ["b"]);
});

Deno.test("PathSettler.settleLater() gives the writer of an empty file time to go on", async () => {
  using story = new Story();
  story.settler.settleLater("a");
  assertEquals([await story.pass(249), await story.pass(1)], [[], ["a"]]);
});

Deno.test("PathSettler.close() reports nothing any more", async () => {
  using story = new Story();
  story.settler.settle("a");
  story.settler.written("b", false);
  story.settler.close();
  story.settler.settle("c");
  assertEquals([await story.pass(10_000), [...story.settler.writing]], [[], []]);
});
