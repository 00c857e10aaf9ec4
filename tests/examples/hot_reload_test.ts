import { assertEquals } from "@std/assert";
import { Example } from "./_example.ts";

const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

Deno.test("examples/hot_reload answers with the new text when the Executor's file is saved", async () => {
  await using example = await Example.run("hot_reload");
  const text = async () => (await example.post("/post", { data: [{}] })).data[0].text;
  assertEquals(await text(), "I am coming from the first version of MyExecutor");

  await example.edit("my_executor.ts", "the first version", "a new version");
  const path = example.folder.at("example/my_executor.ts");
  await example.log.waitFor(
    new RegExp(
      `INFO {3}executor0/rep-0@\\d+ detected changes in: \\['${path}'\\]\\. Refreshing the Executor \\[`,
    ),
  );
  await example.log.waitFor(/executor0\/rep-0@\d+ version 2 serves/);
  assertEquals(await text(), "I am coming from a new version of MyExecutor");
  assertEquals(await example.interrupt(), 0);
});

Deno.test("examples/hot_reload keeps serving the old text, and names the line, when a broken file is saved", async () => {
  await using example = await Example.run("hot_reload");
  await example.edit("my_executor.ts", "foo(docs", "foo((docs");
  await example.log.waitFor(/SyntaxError: .* at .*\/example\/my_executor\.ts:5:\d+/);
  const { data } = await example.post("/post", { data: [{}] });
  assertEquals(data[0].text, "I am coming from the first version of MyExecutor");
});

Deno.test("examples/hot_reload says what PORT has to be when it is no number", async () => {
  const script = new URL("../../examples/hot_reload/flow.ts", import.meta.url).pathname;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config", CONFIG, script],
    env: { PORT: "abc", NO_COLOR: "1" },
  }).output();
  const said = 'Cannot serve on PORT "abc": a number from 0 to 65535 is wanted, as in PORT=8080\n';
  assertEquals([code, new TextDecoder().decode(stderr)], [1, said]);
});
