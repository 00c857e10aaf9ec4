/** The real Jina 3.14 in both directions: its Executor in our Flow, and ours in its Flow. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { BadServerError, Client, Flow } from "../../mod.ts";
import { freePort } from "../client/_servers.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { ENDING, Program, until } from "./_program.ts";
import { CLIENTS } from "./_python.ts";

const python = CLIENTS.get("3.14");

const SNAKE_YAML = "jtype: Snake\nmetas:\n  py_modules: [snake.py]\n";

/** An Executor of Jina of the first generation. */
const snake = (word: string) =>
  `from jina import Executor, requests

class Snake(Executor):
    @requests(on='/shout')
    def shout(self, docs, **kwargs):
        for doc in docs:
            doc.text = doc.text.upper() + ' ${word}'

    @requests(on='/params')
    def params(self, docs, parameters, **kwargs):
        return {'got': parameters.get('x')}

    @requests(on='/raise')
    def fail(self, **kwargs):
        raise ValueError('boom')
`;

/** One of the second generation, with documents of its own classes. */
const SECOND = `from typing import Any, Dict, List
from docarray import BaseDoc, DocList
from jina import Executor, requests

class In(BaseDoc):
    text: str = ''

class Out(BaseDoc):
    text: str = ''
    size: int = 0

class Numbers(BaseDoc):
    count: int = 0
    weight: float = 0.5
    weights: List[float] = []
    any: Dict[str, Any] = {}

class Snake(Executor):
    @requests(on='/kinds')
    def kinds(self, docs: DocList[Numbers], **kwargs) -> DocList[Out]:
        return DocList[Out]([Out(text=f'{doc.count} {doc.weight} {doc.weights} {doc.any}') for doc in docs])

    @requests(on='/shout')
    def shout(self, docs: DocList[In], **kwargs) -> DocList[Out]:
        return DocList[Out]([Out(id=doc.id, text=doc.text.upper(), size=len(doc.text)) for doc in docs])

    @requests(on='/stream')
    async def stream(self, doc: In, **kwargs) -> Out:
        for index in range(3):
            yield Out(text=f'{doc.text}{index}', size=index)
`;

/** A Flow of Jina whose Executor is external: GATEWAY_PORT EXECUTOR_PORT. */
const GATEWAY = `${ENDING}
    from jina import Flow
    with Flow(port=int(sys.argv[1])).add(name='ours', host='127.0.0.1', port=int(sys.argv[2]), external=True):
        threading.Event().wait()
`;

Deno.test({
  name: "an Executor of Jina 3.14 in our Flow, with ours before it",
  ignore: python === undefined,
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async () => {
    await using folder = await TempFolder.make();
    const port = freePort();
    await folder.write("snake.py", snake("py"));
    await folder.write("snake.yml", SNAKE_YAML);
    await folder.write("ours.ts", ours("ts"));
    await using flow = await new Flow({ protocol: ["http", "grpc"], port: 0, log: () => {} })
      .add({ uses: folder.at("ours.ts"), name: "ours" })
      .add({ uses: `grpc://127.0.0.1:${port}`, name: "snake" }).start();
    const clients = (["http", "grpc"] as const).map((protocol, index) =>
      new Client({ protocol, port: flow.ports[index] })
    );
    const error = await assertRejects(() => clients[0].post("/shout", {}), BadServerError);
    assertEquals(error.status, 503);
    const round = async () => {
      await using _snake = await Program.executor(python!, port, folder.path, "snake.yml", "--name", "snake");
      await until("Jina's Executor", () => flow.status().deployments[1].state === "serving");
      assertEquals(flow.status().deployments[1].endpoints.toSorted(), ["/params", "/raise", "/shout"]);
      for (const client of clients) {
        const [doc] = await client.post("/shout", { text: "hi", tags: { a: 1 }, embedding: [1, 2] });
        assertEquals([doc.text, doc.tags.a, [...doc.embedding!]], ["HI TS PY".replace("PY", "py"), 1, [
          1,
          2,
        ]]);
        assertEquals(
          (await client.post("/shout", Array.from({ length: 50 }, () => ({ text: "x" })))).length,
          50,
        );
        const results: unknown[] = [];
        await client.post("/params", {}, {
          parameters: { x: [1, "a"] },
          onDone: ({ parameters }) => results.push(Object.values(parameters.__results__ as object)),
        });
        assertEquals(results, [[{ got: [1, "a"] }]]);
        const failure = await assertRejects(() => client.post("/raise", {}), BadServerError, "boom");
        assertEquals([failure.status, failure.executor], [500, "Snake"]);
        // The first generation does not stream.
        const texts = (await Array.fromAsync(client.stream("/shout", { text: "s" }))).map(({ text }) => text);
        assertEquals(texts, ["S TS py"]);
      }
    };
    for (let count = 0; count < 2; count++) {
      await round();
      await until("the loss", () => flow.status().deployments[1].state === "down");
    }
  },
});

Deno.test({
  name: "an Executor of Jina 3.14 that reloads itself loses nothing in our Flow",
  ignore: python === undefined,
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async () => {
    await using folder = await TempFolder.make();
    const port = freePort();
    await folder.write("snake.py", snake("one"));
    await folder.write("snake.yml", SNAKE_YAML);
    await using flow = await new Flow({ port: 0, log: () => {} })
      .add({ uses: `grpc://127.0.0.1:${port}`, name: "snake" }).start();
    await using _snake = await Program.executor(python!, port, folder.path, "snake.yml", "--reload");
    await until("Jina's Executor", () => flow.status().deployments[0].state === "serving");
    const shout = async () => (await flow.post("/shout", { text: "a" }))[0].text;
    assertEquals(await shout(), "A one");
    await until("its reload", async () => {
      // In one step, of the same length: Jina does not wait until a save is complete. It may not watch yet.
      using file = await Deno.open(folder.at("snake.py"), { write: true });
      await file.write(new TextEncoder().encode(snake("two")));
      return await shout() === "A two";
    });
  },
});

Deno.test({
  name: "an Executor of Jina 3.34 in our Flow: documents with fields of their own, and streams",
  ignore: !CLIENTS.has("3.34"),
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async () => {
    await using folder = await TempFolder.make();
    const port = freePort();
    await folder.write("snake.py", SECOND);
    await folder.write("snake.yml", SNAKE_YAML);
    await using flow = await new Flow({ protocol: ["http", "grpc"], port: 0, log: () => {} })
      .add({ uses: `grpc://127.0.0.1:${port}`, name: "snake" }).start();
    await using _snake = await Program.executor(
      CLIENTS.get("3.34")!,
      port,
      folder.path,
      "snake.yml",
      "--name",
      "snake",
    );
    await until("Jina's Executor", () => flow.status().deployments[0].state === "serving");
    const ask = async (path: string, doc: object) => {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify({ data: [doc] });
      const response = await fetch(`http://127.0.0.1:${flow.port}${path}`, { method: "POST", headers, body });
      return (await response.json()).data;
    };
    assertEquals(await ask("/shout", { id: "a", text: "four" }), [{ id: "a", size: 4, text: "FOUR" }]);
    const numbers = { count: 3, weight: 2, weights: [1, 2.5], any: { a: 1, b: [1.5, 2], c: null } };
    const [{ text }] = await ask("/kinds", numbers);
    // A map of protobuf has no order.
    const [plain, any] = [text.replace(/ \{.*/, ""), text.replace(/.*\{|\}/g, "").split(/, (?=')/).sort()];
    assertEquals([plain, any], ["3 2.0 [1.0, 2.5]", ["'a': 1", "'b': [1.5, 2]", "'c': None"]]);
    const texts = async (on: string) =>
      (await Array.fromAsync(flow.stream(on, { text: "s" }))).map(({ text }) => text);
    assertEquals(await texts("/stream"), ["s0", "s1", "s2"]);
    assertEquals(await texts("/shout"), ["S"]);
    // A client of the first generation.
    for (const [index, protocol] of (["grpc", "websocket"] as const).entries()) {
      const client = new Client({ protocol, port: flow.ports[1 - index] });
      const [doc] = await client.post("/shout", { text: "four" });
      assertEquals([doc.text, doc.tags], ["FOUR", {}]);
      // Jina does not stream over a WebSocket.
      if (protocol === "websocket") continue;
      const streamed = await Array.fromAsync(client.stream("/stream", { text: "s" }));
      assertEquals(streamed.map(({ text }) => text), ["s0", "s1", "s2"]);
    }
  },
});

/** Sends a document of the second generation to a Flow: PORT. */
const SECOND_CLIENT = `import sys
from docarray import BaseDoc, DocList
from jina import Client

class In(BaseDoc):
    text: str = ''
    size: int = 0

given = DocList[In]([In(text='ab', size=3)])
docs = Client(port=int(sys.argv[1])).post('/shout', given, return_type=DocList[In])
print([(doc.text, doc.size) for doc in docs])
`;

Deno.test({
  name: "a client of Jina 3.34 and an Executor of Jina 3.14, with our Flow between them",
  ignore: python === undefined || !CLIENTS.has("3.34"),
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async () => {
    await using folder = await TempFolder.make();
    const port = freePort();
    await folder.write("snake.py", snake("py"));
    await folder.write("snake.yml", SNAKE_YAML);
    await folder.write("client.py", SECOND_CLIENT);
    await using flow = await new Flow({ protocol: "grpc", port: 0, log: () => {} })
      .add({ uses: `grpc://127.0.0.1:${port}`, name: "snake" }).start();
    await using _snake = await Program.executor(python!, port, folder.path, "snake.yml");
    await until("Jina's Executor", () => flow.status().deployments[0].state === "serving");
    const args = [folder.at("client.py"), String(flow.port)];
    const { stdout, stderr } = await new Deno.Command(CLIENTS.get("3.34")!, { args }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assertEquals(text(stdout).trim(), "[('AB py', 0)]", text(stderr));
  },
});

Deno.test({
  name: "our Executor, reloading, behind Jina's gateway loses nothing",
  ignore: python === undefined,
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async () => {
    await using folder = await TempFolder.make();
    await folder.write("ours.ts", ours("one"));
    await using flow = await new Flow({ protocol: "grpc", port: 0, log: () => {} })
      .add({ uses: folder.at("ours.ts"), name: "ours", reload: true }).start();
    const port = freePort();
    const ports = [String(port), String(flow.port)];
    await using _gateway = await Program.run(python!, folder.path, GATEWAY, ...ports);
    const client = new Client({ protocol: "grpc", port });
    await until("Jina's gateway", () => client.isFlowReady());
    const seen = new Set<string>();
    let running = true;
    const traffic = Array.from({ length: 4 }, async () => {
      while (running) seen.add((await client.post("/shout", { text: "a" }))[0].text!);
    });
    await until("the first version", () => seen.has("a one"));
    for (const word of ["two", "three"]) {
      await folder.write("ours.ts", ours(word));
      await until(word, () => seen.has(`a ${word}`));
    }
    running = false;
    await Promise.all(traffic);
    assertEquals([...seen], ["a one", "a two", "a three"]);
    assert(flow.status().deployments[0].version === 3);
  },
});

/** An Executor of ours that adds a word. */
function ours(word: string): string {
  const mod = new URL("../../mod.ts", import.meta.url).href;
  return `import { Executor, requests } from ${JSON.stringify(mod)};
export class Ours extends Executor {
  @requests({ on: "/shout" })
  shout(docs) { for (const doc of docs) doc.text += ${JSON.stringify(` ${word}`)}; }
}
`;
}
