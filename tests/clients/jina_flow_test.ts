/** The Client against a real Flow of Jina 3.14. */
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { type Answer, BadServerError, Client, ConnectionError, Document } from "../../mod.ts";
import { many } from "../client/_servers.ts";
import { CLIENTS } from "./_python.ts";
import { JinaFlow } from "./_jina_flow.ts";

const python = CLIENTS.get("3.14");

/** Embeddings that numpy has a type for. */
const EMBEDDINGS = {
  float32: Float32Array.of(0.5, -1),
  float64: Float64Array.of(0.1, 2),
  int8: Int8Array.of(-1, 2),
  uint8: Uint8Array.of(1, 255),
  int16: Int16Array.of(-300, 2),
  uint16: Uint16Array.of(65_535, 2),
  int32: Int32Array.of(-70_000, 2),
  uint32: Uint32Array.of(4_000_000_000, 2),
};

const full = () =>
  new Document({
    text: "x",
    mimeType: "text/plain",
    uri: "https://example.com/",
    modality: "text",
    embedding: Float32Array.of(0.5, -1),
    tags: { a: [null, 1.5, { b: "c" }], t: true },
    weight: 0.5,
    offset: 1.5,
    location: [1, 2],
    scores: { cos: { value: 0.25, opName: "o", description: "d", refId: "r" } },
    evaluations: { recall: { value: 0.5 } },
    chunks: [{ tensor: [Float64Array.of(1, 2), Float64Array.of(3, 4)] }],
    matches: [{ id: "m", blob: Uint8Array.of(0, 255) }],
  });

Deno.test({
  name: "the Client and a Flow of Jina 3.14",
  ignore: python === undefined,
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async (t) => {
    await using flow = await JinaFlow.start(python!);
    for (const protocol of ["grpc", "websocket", "http"] as const) {
      const client = new Client({ port: flow.ports[protocol], protocol });
      await t.step(`${protocol}: it is ready, and answers one document and 250`, async () => {
        assertEquals(await client.isFlowReady(), true);
        assertEquals((await client.post("/", { text: "hi" }))[0].text, "default:hi");
        let answers = 0;
        const docs = await client.post("/", many(250), { onDone: () => answers++ });
        assertEquals([docs.length, answers], [250, 3]);
        assertEquals(docs.map(({ id }) => id), [...many(250)].map(({ id }) => id));
        assertEquals((await client.post("/")).length, 0);
      });
      await t.step(`${protocol}: parameters, results, target`, async () => {
        const parameters = { x: 1, a: [null, "b"] };
        assertEquals(
          (await client.post("/params", {}, { parameters }))[0].text,
          '{"a": [null, "b"], "x": 1.0}',
        );
        const answers: Answer[] = [];
        await client.post("/dict", {}, { onDone: (answer) => answers.push(answer) });
        const result = { answer: 42, nested: { a: [1, 2.5, "x", null, true] } };
        assertEquals(answers[0].parameters, { __results__: { "one/rep-0": result } });
        const others = await client.post("/", { text: "as it was" }, { targetExecutor: "other" });
        assertEquals(others[0].text, "as it was");
      });
      await t.step(`${protocol}: errors, cancel, timeout`, async () => {
        const error = await assertRejects(() => client.post("/raise", {}), BadServerError, "boom");
        assertEquals([error.status, error.executor], [500, "Ex"]);
        const late = () => client.post("/slow", {}, { timeout: 200 });
        await assertRejects(late, ConnectionError, "within 200 ms");
        const reason = new Error("enough");
        const abort = new AbortController();
        const posted = client.post("/slow", {}, { signal: abort.signal });
        abort.abort(reason);
        assertStrictEquals(await posted.catch((error) => error), reason);
      });
      await t.step(`${protocol}: stream() gives the whole answer`, async () => {
        for (const count of [1, 2]) {
          assertEquals((await Array.fromAsync(client.stream("/", many(count)))).length, count);
        }
      });
      if (protocol === "http") continue;
      await t.step(`${protocol}: every field of a document, both ways`, async () => {
        const doc = full();
        const [back] = await client.post("/echo", doc);
        for (const name of Object.keys(doc) as (keyof Document)[]) {
          if (name === "chunks" || name === "matches") continue;
          assertEquals(back[name], doc[name], name);
        }
        assertEquals(back.chunks[0].tensor, doc.chunks[0].tensor);
        assertEquals(back.chunks[0].parentId, doc.id);
        assertEquals(back.matches[0].blob, doc.matches[0].blob);
      });
      await t.step(`${protocol}: embeddings of each type`, async () => {
        for (const [dtype, embedding] of Object.entries(EMBEDDINGS)) {
          const [back] = await client.post("/dtypes", { embedding });
          const seen = String(back.tags.seen);
          assert(seen.startsWith(`${dtype} (2,) `), seen);
          assertEquals(JSON.parse(seen.replace(/^.*\) /, "")), [...embedding]);
          assertEquals(back.embedding, embedding);
          assertEquals(back.tensor, [embedding, embedding] as never);
        }
      });
    }
  },
});
