/** The methods that hotflow calls besides handlers: what the compiler says of them, and of misspelled ones. */
import { assertEquals, assertMatch } from "@std/assert";
import { construct, Executor } from "../../src/executor/executor.ts";
import { misspellings } from "../../src/executor/lifecycle.ts";
import { TempFolder } from "../support/temp_folder.ts";

const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

/** What the compiler says of Executors with these bodies, under Deno's own settings. */
async function check(...bodies: readonly string[]): Promise<string> {
  await using folder = await TempFolder.make();
  const classes = bodies.map((body, at) => `export class Executor${at} extends Executor {\n${body}\n}\n`);
  const text = `import { Executor } from "@hotflow/hotflow";\n${classes.join("")}`;
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "-q", "--config", CONFIG, await folder.write("executors.ts", text)],
    env: { NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stderr);
}

Deno.test("ExecutorLifecycle: the methods may be written with or without override, as methods or as fields", async () => {
  const mixed = `  #count = 0;
  setup() {}
  override async close() {}
  saveState = () => this.#count;
  restoreState(count: number) { this.#count = count; }`;
  const typed = "  async restoreState({ count }: { count: number }) { await count; }";
  assertEquals(await check(mixed, typed, ""), "");
});

Deno.test("ExecutorLifecycle: the compiler refuses methods that hotflow would call otherwise", async () => {
  const said = await check(
    "  setup(folder: string) { return folder; }",
    "  restoreState(a: number, b: number) { return a + b; }",
    "  close = 5;",
    "  override setUp() {}",
  );
  assertMatch(said, /TS2416.*'setup'/);
  assertMatch(said, /TS2416.*'restoreState'/);
  assertMatch(said, /TS2416.*'close'/);
  assertMatch(said, /TS4117.*Did you mean 'setup'/);
});

/** What is said of an Executor. */
function said(type: new () => Executor): string[] {
  const runtime = { deployment: "d", replica: 0, version: 1 };
  return misspellings(construct(type, {}, { runtime, metas: { name: "d" }, workspace: "" }));
}

Deno.test("misspellings() names methods and static fields that are never used, and what was meant", () => {
  class Wrong extends Executor {
    static exlusive = true;
    static Requests = {};
    setUp() {}
    Close() {}
    save_state() {}
    restorState = () => {};
  }
  assertEquals(said(Wrong), [
    "Wrong.restorState() is never called by hotflow; did you mean restoreState()?",
    "Wrong.setUp() is never called by hotflow; did you mean setup()?",
    "Wrong.Close() is never called by hotflow; did you mean close()?",
    "Wrong.save_state() is never called by hotflow; did you mean saveState()?",
    "static exlusive of Wrong is never read by hotflow; did you mean static exclusive?",
    "static Requests of Wrong is never read by hotflow; did you mean static requests?",
  ]);
  class Inherited extends Wrong {}
  assertEquals(said(Inherited).length, 6);
});

Deno.test("misspellings() lets other names be, and those beside the right one", () => {
  class Right extends Executor {
    static exclusive = true;
    static exclude = [];
    static request = 1;
    setup() {}
    setUp() {}
    closed() {}
    closes = 3;
    saved() {}
    stateSaver() {}
    restore() {}
    get saveStat(): never {
      throw new Error("a getter is not run");
    }
  }
  assertEquals(said(Right), [
    "static request of Right is never read by hotflow; did you mean static requests?",
  ]);
});
