/** The two scenarios of Jina's page on hot reload, with the page's own client, over gRPC. */
import { assertEquals } from "@std/assert";
import { executorSource, FlowFixture } from "../support/flow_fixture.ts";
import { CLIENTS, Scenario } from "./_python.ts";

const python = CLIENTS.get("3.14");

async function documentTest(
  files: Readonly<Record<string, string>>,
  add: { uses: string; reload?: boolean; restart?: boolean },
  save: readonly [name: string, text: string],
  [before, after]: readonly [string, string],
): Promise<void> {
  await using fixture = await FlowFixture.make();
  for (const [name, text] of Object.entries(files)) await fixture.folder.write(name, text);
  await fixture.serve(add, { protocol: "grpc" });
  await using scenario = new Scenario(python ?? "", fixture.port, "", "document_client.py");
  assertEquals(await scenario.answer(), before);
  await fixture.folder.write(...save);
  await fixture.log.waitFor(/version 2 serves/);
  await scenario.goOn();
  assertEquals(await scenario.answer(), after);
}

Deno.test({ name: "hot reload, as Jina's page has it", ignore: python === undefined }, async () => {
  const saying = (which: string) => `I am coming from ${which} version of MyExecutor`;
  const [first, second] = [saying("the first"), saying("a new")];
  await documentTest(
    { "my_executor.ts": executorSource(first) },
    { uses: "my_executor.ts", reload: true },
    ["my_executor.ts", executorSource(second)],
    [first, second],
  );
});

Deno.test({ name: "restart, as Jina's page has it", ignore: python === undefined }, async () => {
  const names = ["MyExecutorBeforeRestart", "MyExecutorAfterRestart"] as const;
  const yaml = (name: string) => `jtype: ${name}\nmetas:\n  py_modules: [a.ts, b.ts]\n`;
  await documentTest(
    {
      "a.ts": executorSource(names[0], names[0]),
      "b.ts": executorSource(names[1], names[1]),
      "executor.yml": yaml(names[0]),
    },
    { uses: "executor.yml", restart: true },
    ["executor.yml", yaml(names[1])],
    names,
  );
});
