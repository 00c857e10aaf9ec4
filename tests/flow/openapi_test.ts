/** What `GET /openapi.json` promises, a Flow keeps. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { assertEquals } from "@std/assert";
import { executorSource, PACKAGE } from "../support/flow_fixture.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Ex } from "./_executors.ts";
import { Served } from "./_serve.ts";

type Json = Record<string, unknown>;

async function documentOf(served: Served) {
  return await (await fetch(served.at("/openapi.json"))).json();
}

const SOURCE = (endpoints: string[]) =>
  `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class Mine extends Executor {
  @requests({ on: ${JSON.stringify(endpoints)} }) handle() {}
}
`;

Deno.test("GET /openapi.json follows each reload that adds or removes an endpoint", async () => {
  await using folder = await TempFolder.make();
  const uses = await folder.write("mine.ts", SOURCE(["/one"]));
  await using served = await Served.start({ uses, reload: true });
  const saved = async (source: string) => {
    const mark = served.log.mark;
    await folder.write("mine.ts", source);
    await served.log.waitFor(/version \d+ serves|keeps serving/, mark);
    return Object.entries<Json>((await documentOf(served)).paths)
      .filter(([, item]) => "post" in item).map(([path]) => path).sort();
  };
  assertEquals(await saved(SOURCE(["/one", "/two"])), ["/one", "/post", "/two"]);
  assertEquals(await saved(SOURCE(["/two", "/three"])), ["/post", "/three", "/two"]);
  assertEquals(await saved("class {\n"), ["/post", "/three", "/two"]);
  assertEquals(await saved(executorSource("v1")), ["/", "/index", "/post", "/search"]);
});

/** Requests to each kind of answer. */
const ASKED: readonly [method: string, path: string, body?: unknown][] = [
  ["POST", "/post", { data: [{ text: "x" }], parameters: { a: 1 } }],
  ["POST", "/foo", { data: { text: "x", chunks: [{ id: "c" }], embedding: [[1, 2]], tags: { a: null } } }],
  ["POST", "/dict", {}],
  ["POST", "/raise", { data: [{ text: "x" }] }],
  ["POST", "/badreturn", { data: [{}, { blob: "AP8=" }] }],
  ["POST", "/post", { data: 5 }],
  ["POST", "/post", "no object"],
  ["PUT", "/update", { data: [{ scores: { s: { value: 0.5, op_name: "o" } } }] }],
  ["DELETE", "/delete", {}],
  ["POST", "/", {}],
  ["GET", "/"],
  ["GET", "/dry_run"],
  ["GET", "/status"],
];

Deno.test("Flow answers as GET /openapi.json says, and takes what it says", async (t) => {
  await using served = await Served.start({ uses: Ex });
  const document = await documentOf(served);
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document, "api");
  const fits = (pointer: string, value: unknown) => {
    const check = ajv.compile({ $ref: `api#${pointer}` });
    return check(value) ? [] : check.errors;
  };
  const schemaOf = (response: Json) => (response.$ref as string | undefined)?.slice(1);
  for (const [method, path, body] of ASKED) {
    await t.step(`${method} ${path} ${JSON.stringify(body) ?? ""}`, async () => {
      const response = await fetch(served.at(path), {
        method,
        ...(body !== undefined && {
          body: JSON.stringify(body),
          headers: { "content-type": "application/json" },
        }),
      });
      const answer = await response.json();
      const operation = document.paths[path][method.toLowerCase()];
      const way = `/paths/${path.replaceAll("/", "~1")}/${method.toLowerCase()}`;
      const key = response.status in operation.responses
        ? response.status
        : `${Math.floor(response.status / 100)}XX`;
      const at = schemaOf(operation.responses[key]) ?? `${way}/responses/${key}`;
      assertEquals(fits(`${at}/content/application~1json/schema`, answer), [], JSON.stringify(answer));
      if (body === undefined) return;
      const taken = fits(`${way}/requestBody/content/application~1json/schema`, body);
      assertEquals(taken?.length === 0, response.status !== 422, "what the schema forbids is refused");
    });
  }
});
