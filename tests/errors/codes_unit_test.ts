import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  BadClientError,
  BadServerError,
  Client,
  ConnectionError,
  DocumentArray,
  Flow,
  InvalidRequestError,
  requests,
} from "../../mod.ts";
import { codeOf, CutError, DownError, invalidArgument, listenFailed } from "../../src/errors/mod.ts";

Deno.test("the library's error classes have a code that is not printed", () => {
  const errors = {
    INVALID_REQUEST: new InvalidRequestError([]),
    CLIENT_ERROR: new BadClientError("Not Found", { status: 404 }),
    SERVER_ERROR: new BadServerError("boom", { status: 500 }),
    CONNECTION_FAILED: new ConnectionError("Cannot reach a Flow"),
    DEPLOYMENT_DOWN: new DownError("down"),
    CALL_ABORTED: new CutError("cut"),
    INVALID_ARGUMENT: invalidArgument("Cannot do it"),
    LISTEN_FAILED: listenFailed("Cannot serve", new Error("in use")),
  };
  for (const [code, error] of Object.entries(errors)) {
    assertEquals([codeOf(error), Object.keys(error).includes("code")], [code, false]);
  }
});

Deno.test("codeOf() returns undefined for errors of others, whatever their message or code", () => {
  const others = [
    new Error("Cannot do it: expected something else"),
    Object.assign(new Error("no such file"), { code: "ENOENT" }),
    { code: "INVALID_STATE" },
    undefined,
  ];
  assertEquals(others.map(codeOf), [undefined, undefined, undefined, undefined]);
});

Deno.test("invalidArgument() returns an error whose stack begins where it was called", () => {
  assert(!invalidArgument("no").stack?.includes("errors/codes.ts"));
});

Deno.test("public methods throw errors with a code", async () => {
  const thrown = async (call: () => unknown) => {
    try {
      await call();
    } catch (error) {
      return error;
    }
  };
  const argument: readonly [type: typeof Error, call: () => unknown][] = [
    [RangeError, () => new Flow({ port: -1 })],
    [RangeError, () => new Flow({ poll: 1 })],
    [TypeError, () => new Flow({ prot: 1 } as never)],
    [TypeError, () => new Flow().add({} as never)],
    [RangeError, () => new Flow().add({ uses: "a.ts", replicas: 0 })],
    [TypeError, () => new Flow().add({ uses: "a.ts", usesWith: { f: () => 1 } })],
    [TypeError, () => new Flow().add({ uses: "a.ts", needs: "gone" }).plot()],
    [TypeError, () => new Flow().exposeEndpoint("search")],
    [TypeError, () => requests({ on: "search" })],
    [RangeError, () => DocumentArray.empty(-1)],
    [TypeError, () => DocumentArray.from([5 as never])],
    [TypeError, () => JSON.stringify(DocumentArray.from([{ weight: NaN }]))],
    [TypeError, () => new Flow().reload({ fresh: "yes" as never })],
    [TypeError, () => new Client({ port: 0.5 })],
    [RangeError, () => new Client().post("/", [], { requestSize: 0 })],
    [TypeError, () => new Client().post("/", 5 as never)],
    [RangeError, () => new Client().isFlowReady({ timeout: 0 })],
  ];
  for (const [type, call] of argument) {
    const error = await thrown(call);
    assertInstanceOf(error, type);
    assertEquals(codeOf(error), "INVALID_ARGUMENT", error.message);
  }
  const state = [
    () => new Flow().start(),
    () => new Flow().block(),
    () => new Flow().reload(),
    () => new Flow().post("/"),
    () => new Flow().stream("/"),
    () => new Flow().needsAll(),
  ];
  for (const call of state) assertEquals(codeOf(await thrown(call)), "INVALID_STATE");
});
