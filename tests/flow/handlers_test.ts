import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { BadServerError } from "../../mod.ts";
import { A, Ex } from "./_executors.ts";
import { Returns } from "./_returns.ts";
import { Served } from "./_serve.ts";
import { Unfit } from "./_unfit.ts";

const DATA = { data: [{ id: "a", text: "x" }, { id: "b" }] };
const AS_SENT = DATA.data;

/** What comes back as data, and as results, by what the handler returns. */
const FINE: Record<string, readonly [data: unknown, results?: unknown]> = {
  "/nothing": [[{ id: "a", text: "mutated" }, { id: "b" }]],
  "/async/nothing": [[...AS_SENT, { id: "more" }]],
  "/array": [[{ id: "n", text: "new" }]],
  "/async/array": [[{ id: "n", text: "new" }]],
  "/plainArray": [[...AS_SENT].reverse()],
  "/async/plainArray": [[...AS_SENT].reverse()],
  "/plainDocs": [[{ id: "p", text: "plain" }]],
  "/async/plainDocs": [[{ id: "p", text: "plain" }]],
  "/empty": [[]],
  "/async/empty": [[]],
  "/nullish": [AS_SENT],
  "/async/nullish": [AS_SENT],
  "/object": [AS_SENT, { answer: 42 }],
  "/async/object": [AS_SENT, { answer: 43 }],
  "/bare": [AS_SENT, {}],
  "/async/bare": [AS_SENT, {}],
};

Deno.test("Flow puts what handlers return in its place, sync and async alike", async (t) => {
  await using served = await Served.start({ uses: Returns });
  for (const [endpoint, [data, results]] of Object.entries(FINE)) {
    await t.step(endpoint, async () => {
      const { status, body } = await served.post(endpoint, { ...DATA, parameters: { p: 1 } });
      assertEquals([status, body.data, body.header.status], [200, data, undefined]);
      const wanted = results === undefined ? { p: 1 } : { p: 1, __results__: { "executor0/rep-0": results } };
      assertEquals(body.parameters, wanted);
    });
  }
});

Deno.test("Flow answers 500 in Jina's form when a handler returns something else", async (t) => {
  await using served = await Served.start({ uses: Returns });
  for (const endpoint of ["/text", "/date", "/map", "/one", "/holes", "/nested", "/big"]) {
    await t.step(endpoint, async () => {
      const { status, body } = await served.post(endpoint, DATA);
      assertEquals([status, body.data], [500, AS_SENT]);
      const { code, description, exception } = body.header.status;
      assertEquals([code, exception.name, exception.executor], [1, "TypeError", "Returns"]);
      assertEquals(description, `TypeError: ${exception.args[0]}`);
      if (endpoint !== "/big") {
        assertMatch(
          description,
          /a handler returns nothing, a DocumentArray, or a plain object, or it is a generator/,
        );
      }
      assertEquals(body.routes[1].status.code, 1);
    });
  }
});

Deno.test("Flow says what the Executor threw, and where, when a handler throws", async () => {
  await using served = await Served.start({ uses: new URL("./_throws.ts", import.meta.url) });
  for (const endpoint of ["/sync", "/async"]) {
    const { status, body } = await served.post(endpoint, DATA);
    const { description, exception } = body.header.status;
    assertEquals([status, description], [500, "OutOfStock: none left"]);
    assertEquals([exception.name, exception.args, exception.executor], [
      "OutOfStock",
      ["none left"],
      "Throws",
    ]);
    assertMatch(exception.stacks.join("\n"), /tests\/flow\/_throws\.ts:\d+:\d+/);
    assertEquals(body.data, AS_SENT, "the documents as they were before it began");
  }
  for (const [endpoint, said] of [["/text", "plain text"], ["/nothing", "undefined"]]) {
    const { status, body } = await served.post(endpoint, DATA);
    assertEquals(status, 500);
    assertStringIncludes(body.header.status.description, `a value that is not an Error was thrown: ${said}`);
  }
});

Deno.test("Flow answers 500 and goes on serving when a document cannot be written as JSON", async () => {
  await using served = await Served.start({ uses: new URL("./_throws.ts", import.meta.url) });
  for (const endpoint of ["/round", "/bigint"]) {
    const { status, body } = await served.post(endpoint, DATA);
    assertEquals([status, body.header.status.exception.name], [500, "TypeError"], endpoint);
    assertEquals(body.header.status.exception.executor, "Throws");
  }
  assertEquals((await served.post("/fine", DATA)).status, 200);
});

const JSON_VALUE = "a string, a finite number, true, false, null, an array, a plain object or a Date";

/** What is said of documents and results that cannot be sent, by endpoint. */
const UNFIT: Record<string, string> = {
  "/number": "docs[0].text: expected a string, not 5",
  "/pushed": "docs[2]: expected a Document, not 5",
  "/holes": "docs[2]: expected a Document, not undefined",
  "/returned": 'docs[0].text: expected a string, not {"a":1}',
  "/chunks": "docs[0].chunks: expected a DocumentArray, not x",
  "/embedding": "docs[0].embedding: expected an array of finite numbers, not [1,null]",
  "/weight": "docs[1].weight: expected a finite number, not NaN",
  "/scores": "docs[0].matches[0].scores.cos.value: expected a finite number, not -Infinity",
  "/tags": `docs[0].tags["two words"][0].at: expected ${JSON_VALUE}, not an Error`,
  "/map": `docs[0].tags: expected ${JSON_VALUE}, not a Map; convert it with Object.fromEntries()`,
  "/promises": "docs[0]: expected a Document, not a Promise",
  "/result": "result.best.score: expected a finite number, not NaN",
  "/results": `result.list[0]: expected ${JSON_VALUE}, not the BigInt 1; write it as a string`,
  "/cycle": "result.self: expected a value that does not contain itself, not one that does",
  "/stream": `docs[1].tags.at: expected ${JSON_VALUE}, not a Set; convert it with Array.from()`,
  "/end": "result.took: expected a finite number, not Infinity",
};

for (const [how, uses] of Object.entries({ alone: [Unfit], "first in a chain": [Unfit, A] })) {
  Deno.test(`Flow answers 500 naming the Executor, and the place of what cannot be sent, ${how}`, async () => {
    await using served = await Served.start(uses.map((uses) => ({ uses })));
    for (const [endpoint, said] of Object.entries(UNFIT)) {
      const { status, body } = await served.post(endpoint, DATA);
      assertEquals(status, 500, endpoint);
      const { description, exception } = body.header.status;
      assertEquals([description, exception.executor], [`TypeError: Cannot send ${said}`, "Unfit"]);
      await served.log.waitFor(
        new RegExp(`ERROR executor0/rep-0 a request for ${endpoint} failed: TypeError: Cannot send`),
      );
    }
  });
}

Deno.test("Flow ends a stream with an error that names the place of what cannot be sent", async () => {
  await using served = await Served.start({ uses: Unfit });
  for (const endpoint of ["/stream", "/end"]) {
    const texts: string[] = [];
    const error = await assertRejects(async () => {
      for await (const doc of served.flow.stream(endpoint, DATA.data)) texts.push(doc.text);
    }, BadServerError);
    assertEquals([texts, error.status, error.executor], [["fine"], 500, "Unfit"]);
    assertEquals(error.message, `TypeError: Cannot send ${UNFIT[endpoint]}`);
  }
});

Deno.test("Flow answers 422 naming the place of a number that JavaScript cannot hold, before a handler runs", async () => {
  await using served = await Served.start({ uses: Ex });
  const bodies: Record<string, string> = {
    '{"data":[{"tags":{"a":[1,-1e999]}}]}': "body.data.0.tags.a.1",
    '{"data":[{},{"weight":1e999}]}': "body.data.1.weight",
    '{"data":[{"embedding":[0.5,1e999]}]}': "body.data.0.embedding",
    '{"data":[{}],"parameters":{"deep":{"limit":1e999}}}': "body.parameters.deep.limit",
  };
  for (const [body, place] of Object.entries(bodies)) {
    for (const endpoint of ["/foo", "/raise"]) {
      const { status, body: { detail } } = await served.post(endpoint, body);
      assertEquals([status, detail.map(({ loc }: { loc: unknown[] }) => loc.join("."))], [422, [place]]);
    }
  }
});
