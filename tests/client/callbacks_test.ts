/** What `onDone`, `onError` and `onAlways` are told. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type Answer,
  BadClientError,
  BadServerError,
  Client,
  ConnectionError,
  type ResponseError,
  type SentRequest,
} from "../../mod.ts";
import { Ex } from "../flow/_executors.ts";
import { Served } from "../flow/_serve.ts";
import { echo, freePort, many } from "./_servers.ts";

/** Callbacks that note their calls. */
function noting() {
  const done: [Answer, SentRequest][] = [];
  const failed: [ResponseError | ConnectionError, SentRequest][] = [];
  const order: string[] = [];
  const callbacks = {
    onDone: (answer: Answer, sent: SentRequest) => {
      done.push([answer, sent]);
      order.push(`done ${sent.index}`);
    },
    onError: (error: ResponseError | ConnectionError, sent: SentRequest) => {
      failed.push([error, sent]);
      order.push(`error ${sent.index}`);
    },
    onAlways: ({ index }: SentRequest) => void order.push(`always ${index}`),
  };
  return { done, failed, order, callbacks };
}

Deno.test("onDone gets each answer of a Flow: documents, parameters, results, and what was sent", async () => {
  await using served = await Served.start({ uses: Ex });
  const { done, failed, order, callbacks } = noting();
  const docs = await served.flow.post("/dict", many(3), {
    ...callbacks,
    requestSize: 2,
    concurrency: 1,
    parameters: { limit: 3 },
  });
  assertEquals(docs.length, 3);
  assertEquals(order, ["done 0", "always 0", "done 1", "always 1"]);
  assertEquals(failed, []);
  for (const [answer, sent] of done) {
    assertEquals(answer.docs.map(({ id }) => id), sent.docs.map(({ id }) => id));
    assertEquals(answer.requestId, sent.requestId);
    assertEquals(answer.parameters, {
      limit: 3,
      __results__: { "executor0/rep-0": { answer: 42, nested: { a: [1, 2.5, "x", null, true] } } },
    });
  }
});

Deno.test("onError gets each failure; the other requests go on, and post() gives their documents", async () => {
  await using server = echo(({ data, header }) =>
    data[0].id === "1"
      ? Response.json({ detail: "no" }, { status: 422 })
      : data[0].id === "3"
      ? Response.json({
        header: { ...header, status: { description: "boom", exception: { executor: "Ex" } } },
      }, {
        status: 500,
      })
      : Response.json({ data })
  );
  const { done, failed, order, callbacks } = noting();
  const docs = await server.client.post("/", many(5), { ...callbacks, requestSize: 1, concurrency: 1 });
  assertEquals(docs.map(({ id }) => id), ["0", "2", "4"]);
  assertEquals(done.length, 3);
  assertEquals(order.filter((call) => /[13]/.test(call)), ["error 1", "always 1", "error 3", "always 3"]);
  const [[refused, sent], [broken]] = failed;
  assert(refused instanceof BadClientError && broken instanceof BadServerError);
  assertEquals([refused.status, refused.message, refused.executor], [422, "no", undefined]);
  assertEquals([broken.status, broken.message, broken.executor], [500, "boom", "Ex"]);
  assertEquals([sent.docs[0].id, refused.requestId], ["1", sent.requestId]);
});

Deno.test("onError gets connections that failed, too", async () => {
  const { failed, order, callbacks } = noting();
  const docs = await new Client({ port: freePort() }).post("/", many(2), {
    ...callbacks,
    requestSize: 1,
    concurrency: 1,
    retries: 0,
  });
  assertEquals([docs.length, order], [0, ["error 0", "always 0", "error 1", "always 1"]]);
  assert(
    failed.every(([error, sent]) => error instanceof ConnectionError && error.requestId === sent.requestId),
  );
});

Deno.test("onAlways is called for the failure that ends post() without onError, and not for what that gives up", async () => {
  const gone: Promise<Response>[] = [];
  await using server = echo(({ data }, { signal }) => {
    if (data[0].id === "0") return new Response("no", { status: 500 });
    const answer = new Promise<Response>((resolve) => {
      signal.addEventListener("abort", () => resolve(Response.json({ data })));
    });
    gone.push(answer);
    return answer;
  });
  const { order, callbacks: { onDone, onAlways } } = noting();
  const posted = server.client.post("/", many(100), { onDone, onAlways, requestSize: 1 });
  await assertRejects(() => posted, BadServerError, "no");
  await Promise.all(gone);
  assertEquals(order, ["always 0"]);
});

Deno.test("A callback that throws, or whose promise is rejected, ends post() with that", async () => {
  await using server = echo(({ data }) =>
    data[0].id === "0" ? Response.json({ data }) : new Response("no", { status: 500 })
  );
  for (const name of ["onDone", "onError", "onAlways"]) {
    const enough = () => {
      throw new Error(`${name} has enough`);
    };
    for (const callback of [enough, () => Promise.resolve().then(enough)]) {
      const options = { onError: () => {}, [name]: callback, requestSize: 1 };
      await assertRejects(() => server.client.post("/", many(100), options), Error, `${name} has enough`);
    }
  }
});

Deno.test("The next request waits for the promise of a callback when there is no room", async () => {
  await using server = echo();
  const { promise, resolve } = Promise.withResolvers<void>();
  const calls: string[] = [];
  await server.client.post("/", many(2), {
    requestSize: 1,
    concurrency: 1,
    onDone: async (_, { index }) => {
      calls.push(`begin ${index}, sent ${server.bodies.length}`);
      if (index === 0) queueMicrotask(resolve);
      await promise;
      calls.push(`end ${index}, sent ${server.bodies.length}`);
    },
  });
  assertEquals(calls, ["begin 0, sent 1", "end 0, sent 1", "begin 1, sent 2", "end 1, sent 2"]);
});
