/** A front for another protocol than HTTP, over a backend without Executors. */
import { assertEquals } from "@std/assert";
import { CancelToken } from "../../src/async/cancel_token.ts";
import type { Backend } from "../../src/gateway/backend.ts";
import type { Front, OpenFront } from "../../src/gateway/front.ts";
import { done, FakeBackend } from "./_backend.ts";

/** Takes requests as texts, such as "/foo hello", and answers with a text. */
class TextFront implements Front {
  #backend?: Backend;
  #sent = 0;

  start(backend: Backend): Promise<OpenFront> {
    this.#backend = backend;
    const close = () => {
      this.#backend = undefined;
      return Promise.resolve();
    };
    return Promise.resolve({ close });
  }

  async send(text: string): Promise<string> {
    if (this.#backend === undefined) return "closed";
    const [endpoint, body] = text.split(" ");
    const context = { id: String(++this.#sent), cancel: new CancelToken() };
    const answer = await this.#backend.run({ body, endpoint, codec: "lines" }, context);
    if (answer.kind !== "done") return answer.kind;
    return answer.error === undefined ? `${answer.requestId}: ${answer.docs}` : answer.error.reason;
  }
}

Deno.test("Front turns requests of any protocol into calls of a Backend", async () => {
  const backend = new FakeBackend();
  const front = new TextFront();
  const open = await front.start(backend);
  backend.answer = ({ body }) => done({ docs: String(body).toUpperCase() });
  assertEquals(await front.send("/foo hello"), "r: HELLO");
  assertEquals(backend.requests, [{ body: "hello", endpoint: "/foo", codec: "lines" }]);
  const info = { name: "Error", message: "cut", stack: "" };
  for (const reason of ["failed", "cut", "deadline"] as const) {
    backend.answer = () => done({ error: { reason, info, executor: "a" } });
    assertEquals(await front.send("/foo hello"), reason);
  }
  backend.answer = () => ({ kind: "unbound", endpoint: "/foo" });
  assertEquals([await front.send("/foo hello"), backend.ids.at(-1)], ["unbound", "5"]);
  await open.close(0);
  assertEquals(await front.send("/foo hello"), "closed");
});
