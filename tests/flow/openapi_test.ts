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

/** The paths whose answers may be streams, by what the document says of each status. */
function streamed(document: Json): string[] {
  const { paths, components } = document as Record<string, Record<string, Record<string, Json>>>;
  const contentOf = (response: Json) => {
    const name = String(response.$ref).split("/").at(-1)!;
    const { content } = "$ref" in response ? components.responses[name] as Json : response;
    return content as Json;
  };
  return Object.entries(paths).flatMap(([path, { post }]) => {
    if (post === undefined) return [];
    const responses = post.responses as Record<string, Json>;
    const isStream = (status: string) => "text/event-stream" in contentOf(responses[status]);
    assertEquals("application/json" in contentOf(responses[200]), true, path);
    for (const status of ["500", "503", "504"]) assertEquals(isStream(status), isStream("200"), path);
    return isStream("200") ? [path] : [];
  }).sort();
}

/** An Executor with a handler of each kind; the default one is what the tests give. */
const STREAMING = (other: string) =>
  `import { Executor } from ${JSON.stringify(PACKAGE)};
import { z } from "zod";
const schema = z.object({ n: z.number() });
export class Mine extends Executor {
  static requests = {
    "/whole": "whole",
    "/each": "each",
    "/each-async": "eachAsync",
    "/typed": { method: "typed", input: schema, output: schema },
    ${other}
  };
  whole() {}
  *each(docs) { yield* docs; }
  async *eachAsync(docs) { yield* docs; }
  async *typed(docs) { yield* docs; }
  async promised(docs) { return docs; }
}
`;

Deno.test("GET /openapi.json says which endpoints can stream, and follows each reload", async () => {
  await using folder = await TempFolder.make();
  const uses = await folder.write("mine.ts", STREAMING(""));
  await using served = await Served.start({ uses, reload: true });
  const generators = ["/each", "/each-async", "/post", "/typed"];
  assertEquals(streamed(await documentOf(served)), generators);
  const saved = async (other: string) => {
    const mark = served.log.mark;
    await folder.write("mine.ts", STREAMING(other));
    await served.log.waitFor(/version \d+ serves/, mark);
    return streamed(await documentOf(served));
  };
  assertEquals(await saved('default: "eachAsync"'), ["/", "/index", "/search", ...generators].sort());
  assertEquals(await saved('default: "promised", "/index": "each"'), ["/index", ...generators].sort());
  assertEquals(await saved('"/each": "whole", "/each-async": "whole", "/typed": "whole"'), []);
});

Deno.test("GET /openapi.json says of several Executors whether the one streams that makes the answer", async () => {
  await using folder = await TempFolder.make();
  const write = async (name: string, requests: string) =>
    await folder.write(
      `${name}.ts`,
      `import { Executor } from ${JSON.stringify(PACKAGE)};
export class Mine extends Executor {
  static requests = ${requests};
  whole() {}
  *each(docs) { yield* docs; }
}
`,
    );
  const first = await write("first", '{ "/a": "each", "/b": "each", "/c": "whole" }');
  const last = await write("last", '{ "/b": "whole", "/c": "each" }');
  const rest = await write("rest", '{ default: "each" }');
  const ofAll = async (...all: string[]) => {
    await using served = await Served.start(all.map((uses) => ({ uses })));
    return streamed(await documentOf(served));
  };
  assertEquals(await ofAll(first, last), ["/a", "/c", "/post"]);
  assertEquals(await ofAll(last, first), ["/a", "/b", "/post"]);
  assertEquals(await ofAll(last, rest), ["/", "/b", "/c", "/index", "/post", "/search"]);
  assertEquals(await ofAll(rest, last), ["/", "/c", "/index", "/post", "/search"]);
  await using branches = await Served.start(
    [],
    {},
    (flow) => flow.add({ uses: first }).add({ uses: rest, needs: "gateway" }).needsAll(),
  );
  assertEquals(streamed(await documentOf(branches)), []);
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
