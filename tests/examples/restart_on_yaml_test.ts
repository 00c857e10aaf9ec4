import { assertEquals } from "@std/assert";
import { Example } from "./_example.ts";

Deno.test("examples/restart_on_yaml serves the other class when the YAML that names it is saved", async () => {
  await using example = await Example.run("restart_on_yaml");
  const text = async () => (await example.post("/post", { data: [{}] })).data[0].text;
  assertEquals(await text(), "MyExecutorBeforeRestart");

  await example.edit("executor.yml", "MyExecutorBeforeRestart", "MyExecutorAfterRestart");
  const path = example.folder.at("example/executor.yml");
  await example.log.waitFor(
    new RegExp(
      `INFO {3}Flow@\\d+ change in Executor configuration YAML ${path} observed, restarting Executor deployment \\[`,
    ),
  );
  await example.log.waitFor(/executor0\/rep-0@\d+ version 2 serves/);
  assertEquals(await text(), "MyExecutorAfterRestart");
  assertEquals(await example.interrupt(), 0);
});
