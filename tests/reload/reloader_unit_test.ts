/** The reloader over a fake deployment and a fake disk. */
import { assertEquals, assertRejects } from "@std/assert";
import { LoadError } from "../../src/errors/mod.ts";
import type { DeploymentSource } from "../../src/reload/deployment_source.ts";
import { Reloader } from "../../src/reload/reloader.ts";
import { Fakes, FOLDER, MAIN, turn } from "./_fakes.ts";

const LIB = `${FOLDER}/lib.ts`;
const YAML = `${FOLDER}/executor.yml`;

/** A reloader and what it works with. */
class Story extends Fakes {
  readonly reloader: Reloader;

  constructor(options: Partial<DeploymentSource> = {}) {
    super(options);
    this.disk.write(MAIN, "v1");
    this.reloader = new Reloader(this.source, this.shared);
  }

  /** A reloader whose first version serves. */
  static async begin(options: Partial<DeploymentSource> = {}, files: readonly string[] = []): Promise<Story> {
    const story = new Story(options);
    for (const path of files) story.disk.write(path, "v1");
    const started = story.reloader.start();
    await story.serve(1);
    await started;
    return story;
  }

  /** Has a load serve what is on disk, once so many have begun. */
  async serve(count: number, files = this.disk.hashes): Promise<void> {
    await this.deployment.untilSwap(count);
    this.deployment.serve(files);
    await this.idle();
  }

  /** Has a load fail, once so many have begun. */
  async fail(count: number, files = this.disk.hashes): Promise<void> {
    await this.deployment.untilSwap(count);
    this.deployment.fail(files);
    await this.idle();
  }

  /** Saves files, and reports them. Returns those that are empty or gone. */
  save(text: string, ...paths: string[]): string[] {
    for (const path of paths) this.disk.write(path, text);
    return this.reloader.check(paths, new Set());
  }

  /** How many loads have begun. */
  get loads(): number {
    return this.deployment.swaps.length;
  }

  /** Lets the reloader go on as far as it can: it lists folders, which do not exist, after a load. */
  async idle(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      await turn();
      await this.reloader.files.refresh();
    }
    await turn();
  }
}

Deno.test("Reloader.start() loads, and resolves when a version serves", async () => {
  const story = new Story();
  const started = story.reloader.start();
  await story.deployment.untilSwap(1);
  assertEquals(story.deployment.swaps[0].kind, "start");
  story.deployment.serve(story.disk.hashes);
  await started;
  assertEquals(story.log.lines.filter((line) => !line.startsWith("DEBUG")), []);
});

Deno.test("Reloader.start() resolves after a failure that a save can fix, unless it is strict", async () => {
  const story = new Story();
  const started = story.reloader.start();
  await story.fail(1);
  await started;
  assertEquals(
    story.log.count(/^ERROR executor0\/rep-0 could not be loaded. Save it again.\nSyntaxError: broken/),
    1,
  );
  story.save("v2", MAIN);
  await story.serve(2);
  assertEquals(story.log.count(/INFO executor0\/rep-0 version \d serves/), 1);
  for (const [options, how] of [[{}, "strictly"], [{ reload: false }, undefined]] as const) {
    const strict = new Story(options);
    const started = strict.reloader.start(how);
    strict.fail(1);
    await assertRejects(() => started, LoadError, "broken");
  }
});

Deno.test("Reloader.check() loads files that have changed, and no others", async () => {
  const story = await Story.begin({}, [LIB]);
  story.save("v1", MAIN, LIB);
  assertEquals(story.loads, 1);
  story.save("v2", LIB);
  assertEquals([story.loads, story.deployment.swaps.at(-1)?.kind], [2, "reload"]);
  await story.serve(2);
  assertEquals(
    story.log.count(/detected changes in: \['\/no\/such\/app\/lib.ts'\]. Refreshing the Executor$/),
    1,
  );
  assertEquals(story.log.count(/INFO executor0\/rep-0 version 2 serves after/), 1);
});

Deno.test("Reloader.check() aborts the load under way, and the next one has the files of both", async () => {
  const story = await Story.begin({}, [LIB]);
  story.save("v2", LIB);
  // A load that is given up is not deferred.
  story.writing.add(LIB);
  story.save("v2", MAIN);
  await story.serve(3);
  const { event } = await story.log.waitFor(/version 2 serves/);
  assertEquals(event?.kind === "served" && event.files, [LIB, MAIN]);
  assertEquals(story.loads, 3);
});

Deno.test("Reloader.check() returns empty files, which count when they are still empty later", async () => {
  const story = await Story.begin();
  assertEquals([story.save("", MAIN), story.loads], [[MAIN], 1]);
  assertEquals([story.reloader.check([MAIN], new Set([MAIN])), story.loads], [[], 2]);
  await story.serve(2);
});

Deno.test("Reloader.check() tries again when a file is saved as it was after a failure", async () => {
  const story = await Story.begin();
  story.save("bad", MAIN);
  await story.fail(2);
  assertEquals(story.log.count(/ERROR .* could not load the new version; version 1 keeps serving/), 1);
  assertEquals(story.deployment.history.lastError?.info.message, "broken");
  story.save("bad", MAIN);
  await story.fail(3);
  story.save("good", MAIN);
  await story.serve(4);
  story.save("good", MAIN);
  assertEquals([story.loads, story.deployment.history.lastError], [4, undefined]);
});

Deno.test("Reloader.check() makes no load when the files are again as the serving version was loaded from", async () => {
  const story = await Story.begin();
  story.save("bad", MAIN);
  await story.fail(2);
  story.save("v1", MAIN);
  await story.idle();
  assertEquals(
    story.log.count(/INFO .* the files are again as version 1 was loaded from; it keeps serving$/),
    1,
  );
  assertEquals([story.loads, story.deployment.history.lastError], [2, undefined]);
});

Deno.test("Reloader.check() reports files that only a new process applies, and does not load them", async () => {
  const story = await Story.begin();
  const found: string[] = [];
  story.disk.write(`${FOLDER}/deno.json`, "{}");
  story.reloader.check([`${FOLDER}/deno.json`], new Set(), (path) => found.push(path));
  assertEquals([found, story.loads], [[`${FOLDER}/deno.json`], 1]);
});

Deno.test("Reloader defers a load that fails while a file is being written, until the write ends", async () => {
  const story = await Story.begin({}, [LIB]);
  story.save("v2", MAIN);
  story.writing.add(LIB);
  await story.fail(2);
  assertEquals([story.log.count(/ERROR/), story.loads], [0, 2]);
  assertEquals(story.deployment.resumed, 2, "an exclusive version serves again");
  story.writing.delete(LIB);
  // The write has changed nothing.
  story.reloader.check([LIB], new Set());
  assertEquals(story.loads, 3);
  await story.serve(3);
  const { event } = await story.log.waitFor(/version \d serves/);
  assertEquals(event?.kind === "served" && event.files, [MAIN]);
});

Deno.test("Reloader has an exclusive version serve again only when no load follows", async () => {
  const story = await Story.begin({}, [LIB]);
  story.save("v2", MAIN);
  story.deployment.serve([[MAIN, "v2"]]);
  story.save("v2", LIB);
  await story.deployment.untilSwap(3);
  assertEquals(story.deployment.resumed, 1);
  await story.serve(3);
  assertEquals(story.deployment.resumed, 2);
});

Deno.test("Reloader loads again what was saved after a load had read it, and before it was watched", async () => {
  const story = await Story.begin();
  story.save("v2", MAIN);
  story.disk.write(LIB, "v2");
  story.newFolders.push(FOLDER);
  await story.serve(2, [[MAIN, "v2"], [LIB, "v1"]]);
  await story.serve(3);
  assertEquals([story.loads, story.log.count(/detected changes in: .*lib.ts/)], [3, 1]);
});

Deno.test("Reloader loads again what a failed load read in the middle of a save", async () => {
  const story = await Story.begin({}, [LIB]);
  story.save("v2", MAIN);
  story.disk.write(LIB, "v2");
  // The event about it came, and the load under way did not read it again.
  story.reloader.files.contents.update(LIB);
  await story.fail(2, [[MAIN, "v2"], [LIB, "half"]]);
  await story.serve(3);
  assertEquals([story.loads, story.log.count(/ERROR/)], [3, 0]);
});

Deno.test("Reloader does not read the ignored files that a load read", async () => {
  const { source } = new Fakes();
  const resolve = async () => ({ ...await source.resolve(), ignore: ["*.gen.ts"] });
  const generated = `${FOLDER}/a.gen.ts`;
  const story = await Story.begin({ resolve });
  story.save("v2", MAIN);
  story.disk.write(generated, "v2");
  await story.serve(2, [[MAIN, "v2"], [generated, "v1"]]);
  assertEquals([story.loads, story.reloader.files.contents.hashOf(generated)], [2, undefined]);
});

Deno.test("Reloader restarts the deployment when its YAML changes, and reads the YAML again", async () => {
  let resolved = 0;
  const { source } = new Fakes();
  const story = await Story.begin({ yaml: YAML, resolve: () => (resolved++, source.resolve()) }, [YAML]);
  story.save("v2", YAML);
  await story.serve(2);
  assertEquals([story.deployment.swaps.at(-1)?.kind, resolved], ["restart", 2]);
  const line =
    `INFO Flow change in Executor configuration YAML ${YAML} observed, restarting Executor deployment`;
  assertEquals(story.log.lines.filter((one) => one === line).length, 1);
  story.save("v2", MAIN);
  await story.serve(3);
  assertEquals([story.deployment.swaps.at(-1)?.kind, resolved], ["reload", 2]);
});

Deno.test("Reloader.reload() loads files that have not changed, and rejects when it fails", async () => {
  const story = await Story.begin();
  const reloaded = story.reloader.reload();
  await story.serve(2);
  await reloaded;
  assertEquals(story.log.count(/INFO .*a reload was requested. Refreshing the Executor$/), 1);
  const failed = story.reloader.reload();
  story.fail(3);
  await assertRejects(() => failed, LoadError, "broken");
});

Deno.test("Reloader watches files that are imported after a load", async () => {
  const late = "/no/such/late.ts";
  const story = await Story.begin();
  story.disk.write(late, "v2");
  story.deployment.onImported([late, "v1"]);
  await story.serve(2);
  assertEquals(story.log.count(/detected changes in: \['\/no\/such\/late.ts'\]/), 1);
  story.save("v3", late);
  assertEquals(story.loads, 3);
  await story.serve(3);
});

Deno.test("Reloader loads files when the deployment reports that its version is outdated", async () => {
  const story = await Story.begin();
  story.disk.write(MAIN, "v2");
  story.reloader.files.contents.update(MAIN);
  const loaded = story.deployment.onOutdated([MAIN]);
  await story.serve(2);
  await loaded;
  assertEquals(story.log.count(/version 2 serves/), 1);
});

Deno.test("Reloader logs an unexpected error, and takes further changes", async () => {
  const story = await Story.begin();
  story.save("v2", MAIN);
  story.deployment.swaps.at(-1)?.result.reject(new TypeError("a bug"));
  await story.idle();
  assertEquals(story.log.count(/ERROR executor0\/rep-0 could not be refreshed: TypeError: a bug/), 1);
  story.save("v3", MAIN);
  await story.serve(3);
});

Deno.test("Reloader.close() gives up the load under way, and takes no further changes", async () => {
  const story = await Story.begin();
  story.save("v2", MAIN);
  await story.reloader.close();
  story.save("v3", MAIN);
  assertEquals([story.loads, story.log.count(/ERROR/)], [2, 0]);
  const unstarted = new Story();
  const started = unstarted.reloader.start();
  await unstarted.deployment.untilSwap(1);
  unstarted.reloader.close();
  await assertRejects(() => started, Error, "the Flow is closed");
});

Deno.test("Reloader passes on all files that have changed since the serving version was loaded", async () => {
  const story = await Story.begin({}, [LIB]);
  story.save("bad", LIB);
  await story.fail(2);
  story.save("v2", MAIN);
  // The failed load has left nothing: what changed before it is still to be loaded.
  assertEquals(story.deployment.swaps.at(-1)?.changed?.toSorted(), [LIB, MAIN]);
  await story.serve(3);
  story.save("v3", MAIN);
  assertEquals(story.deployment.swaps.at(-1)?.changed, [MAIN]);
  await story.serve(4);
});

Deno.test("Reloader.reload() passes on whether fresh workers are required, also when it is deferred", async () => {
  const story = await Story.begin();
  const fresh = story.reloader.reload(true);
  await story.deployment.untilSwap(2);
  assertEquals(story.deployment.swaps.at(-1)?.isFresh, true);
  // The file is written while it is loaded: the load after the write is the one that was asked for.
  story.writing.add(MAIN);
  story.disk.write(MAIN, "half");
  story.deployment.fail(story.disk.hashes);
  await fresh.catch(() => {});
  story.writing.delete(MAIN);
  story.save("v2", MAIN);
  await story.deployment.untilSwap(3);
  assertEquals(story.deployment.swaps.at(-1)?.isFresh, true);
  await story.serve(3);
  const plain = story.reloader.reload();
  await story.deployment.untilSwap(4);
  assertEquals(story.deployment.swaps.at(-1)?.isFresh, false);
  await story.serve(4);
  await plain;
});
