import { assertEquals, assertStringIncludes } from "@std/assert";
import { Example } from "./_example.ts";

Deno.test("examples/in_hono answers on its own route and under /ai, before and after a save", async () => {
  await using example = await Example.run("in_hono");
  const url = `http://127.0.0.1:${example.port}`;
  const hello = async () => await (await fetch(`${url}/hello/you`)).text();
  const greet = async () => (await example.post("/ai/greet", { data: [{ text: "you" }] })).data[0].text;
  assertEquals([await hello(), await greet()], ["Hello, you!", "Hello, you!"]);
  await example.edit("greeter.ts", "Hello", "Good morning");
  await example.log.waitFor(/version 2 serves/);
  assertEquals([await hello(), await greet()], ["Good morning, you!", "Good morning, you!"]);

  const page = await fetch(`${url}/ai/docs`, { headers: { accept: "text/html" } });
  assertEquals([page.status, page.url], [200, `${url}/ai/?try`]);
  assertStringIncludes((await page.text()).toLowerCase(), "<!doctype html>");
  const outside = await fetch(`${url}/docs`);
  await outside.body?.cancel();
  assertEquals(outside.status, 404);
  assertEquals(example.log.lines.filter((line) => /ERROR|WARNING/.test(line)), []);
  assertEquals(await example.interrupt(), 0);
});
