import { assert, assertEquals } from "@std/assert";
import {
  BadClientError,
  BadServerError,
  ConnectionError,
  InvalidRequestError,
  LoadError,
  ResponseError,
} from "../../mod.ts";

Deno.test("LoadError says name, message and place, and carries them as data", () => {
  const place = { file: "/app/my_executor.ts", line: 4, column: 9 };
  const info = {
    name: "SyntaxError",
    message: "Unexpected token",
    stack: "",
    place,
    snippet: "  4 | class {",
  };
  const error = new LoadError(info);
  assertEquals(
    error.message,
    "SyntaxError: Unexpected token at /app/my_executor.ts:4:9\n  4 | class {",
  );
  assertEquals([error.name, error.place, error.info], ["LoadError", place, info]);
});

Deno.test("BadClientError and BadServerError are ResponseErrors with status, request id and Executor", () => {
  const details = { status: 500, requestId: "r", executor: "MyExecutor" };
  for (const type of [BadClientError, BadServerError]) {
    const error = new type("no", details);
    assert(error instanceof ResponseError && error instanceof Error);
    assertEquals([error.name, error.message], [type.name, "no"]);
    assertEquals([error.status, error.requestId, error.executor], [500, "r", "MyExecutor"]);
  }
});

Deno.test("InvalidRequestError is a TypeError and names each field in its message", () => {
  const error = new InvalidRequestError([
    { loc: ["body", "data", 0, "text"], msg: "str type expected", type: "type_error.str" },
    { loc: ["body"], msg: "odd", type: "value_error" },
  ]);
  assert(error instanceof TypeError);
  assertEquals(error.message, "Cannot read the request: body.data.0.text: str type expected; body: odd");
});

Deno.test("ConnectionError keeps its cause", () => {
  const cause = new TypeError("refused");
  assertEquals(new ConnectionError("Cannot reach a Flow", { cause }).cause, cause);
});
