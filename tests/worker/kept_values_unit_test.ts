import { assertEquals, assertRejects } from "@std/assert";
import { KeptValues } from "../../src/worker/kept_values.ts";

/** A store, what it reports, and a value that records its end. */
function start() {
  const names: string[] = [];
  const errors: string[] = [];
  const ended: string[] = [];
  const values = new KeptValues({
    onChange: (all) => names.push(all.map(([name]) => name).join()),
    onError: (name, error) => errors.push(`${name}: ${(error as Error).message}`),
  });
  const model = (name: string) => ({ name, close: () => void ended.push(name) });
  return { values, names, errors, ended, model };
}

Deno.test("KeptValues.keep() makes a value once, also for those who ask while it is being made", async () => {
  const { values, names, model } = start();
  const { promise, resolve } = Promise.withResolvers<object>();
  let made = 0;
  const make = () => (made++, promise);
  const asked = [values.keep(1, "model", make), values.keep(2, "model", make)];
  assertEquals(names, ["model"]);
  const value = model("model");
  resolve(value);
  for (const one of [...asked, values.keep(3, "model", make)]) assertEquals(await one === value, true);
  assertEquals(made, 1);
});

Deno.test("KeptValues.keep() keeps nothing when the making fails, at once or later", async () => {
  const { values, names } = start();
  const fail = () => {
    throw new Error("no disk");
  };
  const failures = [values.keep(1, "a", fail), values.keep(2, "a", () => "not called")];
  for (const failure of failures) await assertRejects(() => failure, Error, "no disk");
  assertEquals([values.names, names], [[], ["a", ""]]);
  await assertRejects(() => values.keep(1, "a", () => Promise.reject(new Error("again"))), Error, "again");
  assertEquals(await values.keep(1, "a", () => 7), 7);
});

Deno.test("KeptValues.leave() lets go of what a version that answered did not ask for", async () => {
  const { values, ended, model } = start();
  await values.keep(1, "model", () => model("model"));
  await values.leave(1, true);
  assertEquals([values.names, ended], [["model"], []], "version 1 has asked for it");
  await values.leave(2, false);
  assertEquals([values.names, ended], [["model"], []], "version 2 answered nothing");
  await values.leave(3, true);
  assertEquals([values.names, ended], [[], ["model"]]);
});

Deno.test("KeptValues.leave() keeps what another version has asked for", async () => {
  const { values, ended, model } = start();
  await values.keep(1, "model", () => model("model"));
  await values.keep(3, "model", () => model("another"));
  await values.leave(1, true);
  await values.leave(2, true);
  assertEquals([values.names, ended], [["model"], []]);
});

Deno.test("KeptValues.fail() lets go of what a version has made, and of nothing else", async () => {
  const { values, ended, model } = start();
  await values.keep(1, "model", () => model("model"));
  for (const name of ["model", "new", "shared"]) await values.keep(2, name, () => model(name));
  await values.keep(3, "shared", () => model("another"));
  await values.fail(2)();
  assertEquals([values.names, ended], [["model", "shared"], ["new"]]);
});

Deno.test("KeptValues.fail() ends a value that is still being made once it is there", async () => {
  const { values, ended, model } = start();
  const { promise, resolve } = Promise.withResolvers<object>();
  values.keep(1, "model", () => promise);
  const failed = values.fail(1)();
  assertEquals(values.names, []);
  // A newer version makes it again.
  await values.keep(2, "model", () => model("second"));
  resolve(model("first"));
  await failed;
  assertEquals([values.names, ended], [["model"], ["first"]]);
});

Deno.test("KeptValues.clear() ends all, each with the first of its methods, and reports what fails", async () => {
  const { values, errors } = start();
  const ended: string[] = [];
  const ending = (name: string, ...keys: PropertyKey[]) =>
    Object.fromEntries(keys.map((key) => [key, () => void ended.push(`${name} ${String(key)}`)]));
  await values.keep(1, "a", () => ending("a", "close", Symbol.dispose, Symbol.asyncDispose));
  await values.keep(1, "b", () => ending("b", "close", Symbol.dispose));
  await values.keep(1, "c", () => Object.assign(() => {}, ending("c", "close")));
  await values.keep(1, "d", () => ({ close: () => Promise.reject(new Error("no disk")) }));
  for (const [index, plain] of [null, undefined, 7, "text", {}, { close: 1 }].entries()) {
    await values.keep(1, `plain ${index}`, () => plain);
  }
  await values.clear();
  assertEquals(ended, ["a Symbol(Symbol.asyncDispose)", "b Symbol(Symbol.dispose)", "c close"]);
  assertEquals([errors, values.names], [["d: no disk"], []]);
});
