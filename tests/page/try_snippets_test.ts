/** The code that "Try it" writes for a request, run for real. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { codeRequest, SNIPPETS } from "../../src/page/client/try/snippets.ts";
import { type DocumentArray, Executor, type RequestContext, requests } from "../../mod.ts";
import { Served } from "../flow/_serve.ts";
import { CHECKOUT } from "../docs/_markdown.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { PNG, Rich } from "./_executors.ts";
import { addressAt } from "./_address.ts";

/** A text with all that is quoted somewhere. */
const TEXT =
  `it's "quoted" \\ \`tick\` $HOME $(id) %s !x\nnew\tline\r ä 🌱 \u2028 #{a} \${b} </script> EOF BODY`;

/** Puts what it got into the tags. */
class Notes extends Executor {
  static readonly source = import.meta.url;
  @requests({ on: ["/note", "/it's {here}"] })
  note(docs: DocumentArray, { parameters }: RequestContext) {
    for (const doc of docs) doc.tags.seen = { parameters, text: doc.text };
  }
}

const BODY = {
  data: [
    {
      id: "d1",
      text: TEXT,
      tags: { "a key": [true, null, 1.5, { deep: "'" }], lang: "en" },
      blob: PNG,
      mime_type: "image/png",
      embedding: Array.from({ length: 40 }, (_, index) => index / 8),
      weight: 0.5,
      chunks: [{ id: "c1", text: "part", scores: { cos: { value: 1, op_name: "cosine" } } }],
    },
    { id: "d2", text: "" },
  ],
  parameters: { top: 3, "it's": "'" },
  targetExecutor: "executor0",
};

function snippet(
  language: string,
  port: number,
  key: string,
  body: string | undefined,
  stream = false,
): string {
  const request = codeRequest({ key, stream, ...(body !== undefined && { body }) }, [
    "/note",
    "/see",
    "/it's {here}",
  ], addressAt(port));
  return SNIPPETS[language]?.(request) ?? "";
}

/** Runs a program; returns what it wrote. */
async function run(command: string, args: readonly string[], input?: string): Promise<string> {
  const child = new Deno.Command(command, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input ?? ""));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`${command} failed: ${err}`);
  return out ?? "";
}

const shell = (code: string) => run("bash", ["-s"], code);
const python = (code: string) => run("python3", ["-"], code);
const hasPython = await run("python3", ["--version"]).then(() => true, () => false);

/** Runs a program, which prints its documents as JSON here. */
async function typescript(code: string): Promise<string> {
  await using folder = await TempFolder.make();
  const json = "console.log(JSON.stringify({ ...doc.toJSON(), ...doc.extra }))";
  const path = await folder.write("try.ts", imported(code).replace("console.log(doc)", json));
  return await run(Deno.execPath(), ["run", "-A", "--no-check", "--config", `${CHECKOUT}/deno.json`, path]);
}

function imported(code: string): string {
  return code.replace('"@hotflow/hotflow"', JSON.stringify(`${CHECKOUT}/mod.ts`));
}

/** The documents in what a program wrote: an answer, or a document a line. */
// deno-lint-ignore no-explicit-any -- JSON as it came
function documentsIn(output: string): any[] {
  const lines = output.trim().split("\n").map((line) => line.replace(/^data: /, "")).filter((line) =>
    line.startsWith("{")
  );
  return lines.flatMap((line) => {
    const json = JSON.parse(line);
    return json.data ?? ("header" in json ? [] : [json]);
  });
}

const RUNS: Readonly<Record<string, (code: string) => Promise<string>>> = {
  curl: shell,
  TypeScript: typescript,
};

for (const [language, execute] of Object.entries(RUNS)) {
  for (const stream of [false, true]) {
    Deno.test(`SNIPPETS.${language}() sends what the page sends, ${stream ? "as a stream" : "whole"}`, async () => {
      await using served = await Served.start({ uses: Notes });
      const code = snippet(language, served.flow.port, "POST /note", JSON.stringify(BODY, null, 2), stream);
      const docs = documentsIn(await execute(code));
      const expected = await served.post("/note", BODY);
      assertEquals(docs, expected.body.data);
      assertEquals(docs[0].tags.seen, { parameters: BODY.parameters, text: TEXT });
    });
  }
}

Deno.test(
  "SNIPPETS.Python() sends what the page sends, whole and as a stream",
  { ignore: !hasPython },
  async () => {
    await using served = await Served.start({ uses: Notes });
    const text = JSON.stringify(BODY, null, 2);
    const expected = (await served.post("/note", BODY)).body.data;
    const whole = await python(snippet("Python", served.flow.port, "POST /note", text));
    assertEquals(documentsIn(whole), expected);
    const streamed = await python(
      snippet("Python", served.flow.port, "POST /note", text, true).replace(
        "print(json.loads(line[6:]))",
        "print(line[6:].decode())",
      ),
    );
    assertEquals(documentsIn(streamed), expected);
  },
);

Deno.test("SNIPPETS send bodies that are no documents, without a body, and to odd paths", async () => {
  await using served = await Served.start([{ uses: Notes }]);
  const { port } = served.flow;
  for (const execute of [["curl", shell], ["Python", python], ["TypeScript", typescript]] as const) {
    const [language, run] = execute;
    if (run === python && !hasPython) continue;
    const exact = '{"data": [{"text": 12345678901234567890.0, "__proto__": {"a": 1}}]}';
    const expected = (await served.post("/note", exact)).body;
    const text = await run(
      snippet(language, port, "POST /note", exact),
    )
      .catch((error: Error) => error.message);
    // Python's urlopen() raises for a 422.
    if (language === "Python") assertStringIncludes(text, "422");
    else assertEquals(JSON.parse(text), expected);
    const odd = `POST ${encodeURI("/it's {here}")}`;
    const answer = await run(
      snippet(language, port, odd, JSON.stringify({ data: [{ id: "x", text: "odd" }] })),
    );
    assertStringIncludes(answer, '"odd"');
    assertStringIncludes(await run(snippet(language, port, "GET /status", undefined)), '"deployments"');
  }
});

Deno.test("SNIPPETS.curl() sends a body that is too large for an argument", async () => {
  await using served = await Served.start({ uses: Notes });
  const body = { data: [{ id: "large", text: `${"x".repeat(300_000)}\nBODY\nBODY_\n` }] };
  const code = snippet("curl", served.flow.port, "POST /note", JSON.stringify(body, null, 2));
  const [{ text }] = documentsIn(await shell(code));
  assertEquals(text, body.data[0]?.text);
});

/** A document for an endpoint with a schema. */
const PRODUCT = { id: "p", title: "tea", price: 4, kind: "tea", fresh: true };

Deno.test("SNIPPETS.TypeScript() sends fields of a schema as extra, or with fetch()", async () => {
  await using served = await Served.start({ uses: Rich });
  const code = (doc: object) =>
    snippet(
      "TypeScript",
      served.flow.port,
      "POST /see",
      JSON.stringify({ data: [doc], parameters: { tax: 0.5 } }, null, 2),
    );
  assertStringIncludes(code(PRODUCT), "extra:");
  assertEquals(documentsIn(await typescript(code(PRODUCT))), [{ ...PRODUCT, seen: true }]);
  const other = code({ ...PRODUCT, text: 5 });
  assertStringIncludes(other, "fetch(");
  assertEquals(documentsIn(await typescript(other))[0].seen, true);
});

Deno.test("SNIPPETS.TypeScript() has the right types", async () => {
  await using folder = await TempFolder.make();
  const bodies: [key: string, body: object | undefined][] = [
    ["POST /note", BODY],
    ["POST /see", { data: [PRODUCT], parameters: { tax: 0.5 } }],
    ["POST /note", { data: [{ tensor: [[1, 2], [3, 4]], location: [1], text: 5 }] }],
    ["POST /note", { data: [{ tensor: [[1, 2], [3, 4]], location: [1], matches: [{}] }] }],
    ["GET /status", undefined],
  ];
  const codes = bodies.flatMap(([key, body]) =>
    [true, false].map((stream) => snippet("TypeScript", 1, key, body && JSON.stringify(body), stream))
  );
  // Each one is a module of its own.
  const paths = await Promise.all(
    codes.map((code, index) => folder.write(`${index}.ts`, `${imported(code)}\nexport {};\n`)),
  );
  await run(Deno.execPath(), ["check", "-q", "--config", `${CHECKOUT}/deno.json`, ...paths]);
});

Deno.test("SNIPPETS of Jina are there for Documents only", () => {
  const code = snippet("Python, Jina", 1234, "POST /note", JSON.stringify(BODY));
  assertEquals(code, "", "chunks are not written");
  const { chunks: _, blob: _blob, ...first } = BODY.data[0] ?? {};
  const fits = snippet("Python, Jina", 1234, "POST /note", JSON.stringify({ ...BODY, data: [first] }));
  assertStringIncludes(fits, 'client = Client(host="127.0.0.1", port=1234, protocol="http")');
  const image = snippet("Python, Jina", 1, "POST /note", JSON.stringify({ data: [{ blob: PNG }] }));
  assertStringIncludes(image, `blob=b64decode("${PNG}")`);
  assertStringIncludes(fits, 'target_executor="executor0"');
  assertEquals(snippet("Python, Jina", 1, "POST /see", JSON.stringify({ data: [PRODUCT] })), "");
});
