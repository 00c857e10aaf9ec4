import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Executor, type LogRecord } from "../../mod.ts";
import { construct, isExecutorClass } from "../../src/executor/executor.ts";
import { TempFolder } from "../support/temp_folder.ts";

class Mine extends Executor {
  constructor(readonly options: Record<string, unknown> = {}) {
    super();
  }
}

Deno.test("Executor can be made on its own, with a runtime named after the class", () => {
  const mine = new Mine({ a: 1 });
  assertEquals(mine.runtime, { deployment: "Mine", replica: 0, version: 1 });
  assertEquals([mine.metas.name, mine.logger.name], ["Mine", "Mine/rep-0"]);
  assertEquals(mine.options, { a: 1 });
});

Deno.test("construct() lets the base constructor find where it runs, without arguments to super()", async () => {
  await using folder = await TempFolder.make();
  const lines: LogRecord[] = [];
  const runtime = { deployment: "indexer", replica: 2, version: 7 };
  const made = construct(Mine, { size: 3 }, {
    runtime,
    metas: { name: "mine", description: "d" },
    workspace: folder.at("work/space"),
    sink: (record) => lines.push(record),
  }) as Mine;
  assertEquals([made.runtime, made.options], [runtime, { size: 3 }]);
  assertEquals(made.metas, { name: "mine", description: "d" });
  made.logger.error("hello");
  assertEquals(lines.map(({ name, message }) => `${name} ${message}`), ["indexer/rep-2 hello"]);
});

Deno.test("Executor.workspace is a folder that is made on first use", async () => {
  await using folder = await TempFolder.make();
  const workspace = folder.at("deep/work");
  const made = construct(Mine, {}, { runtime: new Mine().runtime, metas: { name: "m" }, workspace });
  assertEquals([...Deno.readDirSync(folder.path)].length, 0);
  assertEquals(made.workspace, workspace);
  assert(Deno.statSync(workspace).isDirectory);
});

Deno.test("construct() leaves nothing behind, even when the constructor throws", () => {
  class Throws extends Executor {
    constructor() {
      super();
      throw new Error("no");
    }
  }
  const place = {
    runtime: { deployment: "a", replica: 1, version: 2 },
    metas: { name: "m" },
    workspace: "/w",
  };
  let message = "";
  try {
    construct(Throws, {}, place);
  } catch (error) {
    message = (error as Error).message;
  }
  assertEquals(message, "no");
  assertEquals(new Mine().runtime.deployment, "Mine");
});

Deno.test("isExecutorClass() knows subclasses, and neither Executor itself nor anything else", () => {
  class Deeper extends Mine {}
  assertEquals([isExecutorClass(Mine), isExecutorClass(Deeper)], [true, true]);
  for (const other of [Executor, new Mine(), class {}, () => {}, {}, null, undefined, "Mine"]) {
    assertEquals(isExecutorClass(other), false);
  }
});

Deno.test("isExecutorClass() knows the classes of another copy of the package", async () => {
  const copy = await import(`${import.meta.resolve("../../src/executor/executor.ts")}?copy=1`);
  assert(copy.Executor !== Executor);
  class Theirs extends (copy.Executor as typeof Executor) {}
  assertEquals([isExecutorClass(Theirs), copy.isExecutorClass(Mine)], [true, true]);
  assertEquals([isExecutorClass(copy.Executor), Theirs.prototype instanceof Executor], [false, false]);
  assertStringIncludes(String(new Theirs().logger.name), "Theirs");
});
