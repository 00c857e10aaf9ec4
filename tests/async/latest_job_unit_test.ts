import { assertEquals } from "@std/assert";
import { LatestJob } from "../../src/async/latest_job.ts";
import { FakeTime } from "../support/fake_time.ts";

/** A job over words, whose runs end when the test ends them. */
class Story implements Disposable {
  /** What was run, and what failed, in order. */
  readonly events: string[] = [];
  readonly job: LatestJob<string>;
  readonly time = new FakeTime();
  readonly #runs: PromiseWithResolvers<string | undefined>[] = [];

  constructor(maxWaitMs?: number) {
    this.job = new LatestJob<string>(
      {
        run: (items, signal) => {
          this.events.push(`run ${items.join(" ")}`);
          const run = Promise.withResolvers<string | undefined>();
          signal.addEventListener("abort", () => run.reject(signal.reason));
          this.#runs.push(run);
          return run.promise;
        },
        onError: (error) => this.events.push(`failed: ${(error as Error).message}`),
        ...(maxWaitMs !== undefined && { maxWaitMs }),
      },
    );
  }

  /** Ends the last run. */
  end(left?: string | Error): Promise<void> {
    const run = this.#runs.at(-1);
    if (left instanceof Error) run?.reject(left);
    else run?.resolve(left);
    return turn();
  }

  [Symbol.dispose](): void {
    this.time[Symbol.dispose]();
  }
}

/** Lets all promises settle. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

Deno.test("LatestJob.request() runs the job at once, and idle resolves at its end", async () => {
  using story = new Story();
  story.job.request("a");
  assertEquals(story.events, ["run a"]);
  let isIdle = false;
  story.job.idle.then(() => isIdle = true);
  await turn();
  assertEquals(isIdle, false);
  await story.end();
  assertEquals(isIdle, true);
  story.job.request("b");
  assertEquals(story.events, ["run a", "run b"]);
  await story.end();
  await story.job.idle;
});

Deno.test("LatestJob.request() aborts the run under way, and the next run inherits its items", async () => {
  using story = new Story();
  story.job.request("a");
  story.job.request("b");
  story.job.request("c");
  await turn();
  assertEquals(story.events, ["run a", "run a b c"]);
  await story.end();
  await story.job.idle;
  assertEquals(story.events.length, 2);
});

Deno.test("LatestJob.request() does not repeat a run that ends well although it was aborted", async () => {
  using story = new Story();
  story.job.request("a");
  const ended = story.end();
  story.job.request("b");
  await ended;
  assertEquals(story.events, ["run a", "run b"]);
  await story.end();
});

Deno.test("LatestJob runs again with what a run has left, before what was requested meanwhile", async () => {
  using story = new Story();
  story.job.request("a");
  const ended = story.end("left");
  story.job.request("b");
  await ended;
  await story.end("rest");
  await story.end();
  await story.job.idle;
  assertEquals(story.events, ["run a", "run left b", "run rest"]);
});

Deno.test("LatestJob reports an error, and takes further requests", async () => {
  using story = new Story();
  story.job.request("a");
  await story.end(new Error("broken"));
  await story.job.idle;
  story.job.request("b");
  await story.end();
  assertEquals(story.events, ["run a", "failed: broken", "run b"]);
});

Deno.test("LatestJob waits longer with each run that is given up, up to a limit", async () => {
  using story = new Story(80);
  for (const ms of [0, 0, 20, 40, 80, 80]) {
    const runs = story.events.length;
    story.job.request("x");
    await turn();
    story.time.pass(ms - 1);
    await turn();
    assertEquals(story.events.length, ms > 0 ? runs : runs + 1, `before ${ms} ms`);
    story.time.pass(1);
    await turn();
    assertEquals(story.events.length, runs + 1, `after ${ms} ms`);
  }
  await story.end();
  story.job.request("y");
  story.job.request("z");
  await turn();
  assertEquals(story.events.at(-1), "run y z", "counted from the beginning");
  await story.end();
});

Deno.test("LatestJob does not wait where no limit is given", async () => {
  using story = new Story();
  for (let round = 1; round <= 6; round++) {
    story.job.request("x");
    await turn();
    assertEquals(story.events.length, round);
  }
  await story.end();
});

Deno.test("LatestJob collects requests while it waits", async () => {
  using story = new Story(80);
  for (const word of ["a", "b", "c", "d"]) {
    story.job.request(word);
    await turn();
  }
  assertEquals(story.events.at(-1), "run a b");
  story.time.pass(20);
  await turn();
  assertEquals(story.events.at(-1), "run a b c d");
  await story.end();
  await story.job.idle;
});

Deno.test("LatestJob.close() aborts the run under way, and resolves when it has ended", async () => {
  using story = new Story();
  story.job.request("a");
  await story.job.close(new Error("closed"));
  story.job.request("b");
  await turn();
  assertEquals(story.events, ["run a"]);
  await new LatestJob<string>({ run: () => Promise.resolve(undefined), onError() {} }).close(
    new Error("closed"),
  );
});
