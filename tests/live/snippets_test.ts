/** Of which files the events, and the log, show lines around an error: others may have secrets. */
import { assertEquals, assertMatch } from "@std/assert";
import { PACKAGE } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Served } from "../flow/_serve.ts";
import type { PageEventOf } from "../../src/page/client/store.ts";
import { EventReader } from "./_reader.ts";

const SECRET = "hunter2";
const ENV = `# of the team\nPASSWORD=${SECRET}\n`;

/** A parser's error, which names the place in the file that it reads. */
const PARSER = `function parse() {
  throw new SyntaxError("expected a name\\n    at " + new URL(".env", import.meta.url).pathname + ":2:1");
}`;

const source = (setup: string, handler = "") =>
  `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
${PARSER}
export class Mine extends Executor {
  setup() { ${setup} }
  @requests({ on: "/foo" }) foo() { ${handler} }
}
`;

/** Saves what cannot be loaded; returns the error of that load once the events and the log have it. */
async function failing(
  files: Record<string, string>,
  good: Record<string, string> = { "mine.ts": source("") },
): Promise<NonNullable<PageEventOf<"load">["error"]>> {
  await using folder = await TempFolder.make();
  for (const [name, text] of Object.entries(good)) await folder.write(name, text);
  const [uses] = Object.keys(good);
  const restart = uses.endsWith(".yml");
  await using served = await Served.start({ uses: folder.at(uses), name: "mine", reload: true, restart });
  await using reader = await EventReader.open(served.at("/"));
  await reader.next("hello");
  for (const [name, text] of Object.entries(files)) await folder.write(name, text);
  const { error } = await reader.next("load", ({ error }) => error !== undefined);
  await reader.next("log", ({ message }) => message.includes("could not load the new version"));
  assertEquals(reader.events.filter((event) => JSON.stringify(event).includes(SECRET)), []);
  return { ...error!, file: error!.file?.slice(folder.path.length + 1) };
}

Deno.test("GET /events shows no lines of a JSON file that a module imports, but names the place", async () => {
  const module = `import data from "./data.json" with { type: "json" };\n${source("data;")}`;
  const error = await failing(
    { "data.json": `{\n  "password": "${SECRET}",\n  oops: 1\n}\n` },
    { "mine.ts": module, "data.json": "{}" },
  );
  assertEquals([error.file, error.line, error.snippet], ["data.json", 3, undefined]);
});

Deno.test("GET /events shows no lines of a file that an error of setup() names", async () => {
  const error = await failing({ ".env": ENV, "mine.ts": source("parse();") });
  assertEquals([error.file, error.line, error.snippet], [".env", 2, undefined]);
});

Deno.test("GET /events shows no values below env of an Executor's YAML", async () => {
  const yaml = (name: string) => `jtype: ${name}\npy_modules: [mine.ts]\nmetas: { name: mine }\n`;
  const error = await failing(
    { "mine.yml": yaml("Gone").replace("\n", `\nenv: { PASSWORD: ${SECRET} }\n`) },
    { "mine.yml": yaml("Mine"), "mine.ts": source("") },
  );
  assertEquals([error.file, error.line], ["mine.yml", 1]);
  assertMatch(error.snippet!, /jtype: Gone\n.*\n +2 \| env: …$/);
});

Deno.test("GET /events shows no lines of a file that an error of a handler names", async () => {
  await using folder = await TempFolder.make();
  await folder.write(".env", ENV);
  const uses = await folder.write("mine.ts", source("", "parse();"));
  await using served = await Served.start({ uses, name: "mine" });
  await using reader = await EventReader.open(served.at("/"));
  for (const _ of [1, 2]) await served.post("/foo", { data: [{}] });
  const { error } = await reader.next("trouble", ({ count }) => count === 2);
  assertEquals([error?.file, error?.line, error?.snippet], [folder.at(".env"), 2, undefined]);
  assertMatch(error!.message, /^expected a name/);
});
