/** The page at `GET /docs` for endpoints with schemas, in a real browser. */
import { assertEquals, assertMatch } from "@std/assert";
import { Hono } from "hono";
import { Flow } from "../../mod.ts";
import { browserTest, type Tab } from "../support/chromium.ts";
import { PACKAGE } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Served } from "../flow/_serve.ts";
import { Zod } from "./_executors.ts";

async function open({ page }: Tab, address: string, key: string): Promise<void> {
  await page.goto(`${address}/docs#${encodeURIComponent(key)}`);
  await page.waitForSelector(`#list button[data-key=${JSON.stringify(key)}][aria-current=true]`);
}

async function choose({ page }: Tab, key: string): Promise<void> {
  await page.click(`#list button[data-key=${JSON.stringify(key)}]`);
}

/** A property of an element; the test knows no types of browsers. */
async function read<T = string>({ page }: Tab, selector: string, property = "textContent"): Promise<T> {
  return await page.evaluate(`document.querySelector("${selector}").${property}`) as T;
}

async function send(tab: Tab): Promise<{ status: string; answer: string }> {
  await tab.page.click("#send");
  await tab.page.waitForFunction("/^\\d{3} /.test(document.querySelector('#status').textContent)");
  return { status: await read(tab, "#status"), answer: await read(tab, "#answer") };
}

browserTest("GET /docs shows the schemas of an endpoint, and an example that it takes", async (tab) => {
  await using served = await Served.start({ uses: Zod });
  await open(tab, served.at(""), "POST /see");
  assertEquals(JSON.parse(await read(tab, "#body", "value")), {
    data: [{ title: "hello", price: 1 }],
    parameters: {},
  });
  const { document: input, parameters, answer } = JSON.parse(await read(tab, "#schemas"));
  assertEquals(input.properties.price, { type: "number" });
  assertEquals([parameters, answer], [undefined, undefined]);
  assertMatch((await send(tab)).status, /^200 /);
  await choose(tab, "POST /out");
  assertEquals(Object.keys(JSON.parse(await read(tab, "#schemas"))), ["answer"]);
  assertMatch((await send(tab)).answer, /"label": "hello"/);
  await choose(tab, "POST /parameters");
  assertEquals(Object.keys(JSON.parse(await read(tab, "#schemas"))), ["parameters"]);
  assertEquals(await read<boolean>(tab, "#types", "hidden"), false);
  await choose(tab, "GET /status");
  assertEquals(await read<boolean>(tab, "#types", "hidden"), true);
  assertEquals(tab.complaints, []);
});

browserTest("GET /docs follows a schema that a reload changes, under a base path", async (tab) => {
  const source = (type: string) =>
    `import { Executor } from ${JSON.stringify(PACKAGE)};
import { z } from "zod";
export class Mine extends Executor {
  static requests = { "/a": { method: "see", input: z.object({ n: z.${type}() }) } };
  see() {}
}
`;
  await using folder = await TempFolder.make();
  const uses = await folder.write("mine.ts", source("number"));
  const flow = new Flow({ listen: false, log: () => {} }).add({ uses, reload: true });
  await flow.start();
  await using _flow = { [Symbol.asyncDispose]: () => flow.close() };
  const app = new Hono().mount("/ai", flow.fetch);
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, app.fetch);
  await open(tab, `http://127.0.0.1:${(server.addr as Deno.NetAddr).port}/ai`, "POST /a");
  assertEquals(JSON.parse(await read(tab, "#body", "value")).data, [{ n: 1 }]);
  assertMatch((await send(tab)).status, /^200 /);
  await folder.write("mine.ts", source("string"));
  await tab.page.waitForFunction(`document.querySelector("#body").value.includes('"n": "hello"')`);
  await tab.page.waitForFunction(`document.querySelector("#schemas").textContent.includes('"string"')`);
  assertMatch((await send(tab)).status, /^200 /);
});
