import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Executor } from "../../mod.ts";

Deno.test("Executor.keep() outside of a worker keeps a value for the object", async () => {
  class Counting extends Executor {
    made = 0;
    model() {
      return this.keep("model", () => ({ number: ++this.made }));
    }
  }
  const one = new Counting();
  assertEquals(await Promise.all([one.model(), one.model()]), [{ number: 1 }, { number: 1 }]);
  assertEquals(await one.model() === await one.model(), true);
  const two = new Counting();
  assertEquals(await two.model() === await one.model(), false);
});

Deno.test("Executor.keep() keeps nothing when the value cannot be made", async () => {
  const executor = new Executor();
  const failing = () => Promise.reject(new RangeError("no disk"));
  await assertRejects(() => executor.keep("model", failing), RangeError, "no disk");
  assertEquals(await executor.keep("model", () => 7), 7);
});

Deno.test("Executor.keep() refuses what is not a name, or not a function", () => {
  const executor = new Executor();
  for (const [name, make] of [["", () => 1], [7, () => 1], [undefined, () => 1], ["model", undefined]]) {
    assertThrows(() => executor.keep(name as string, make as () => number), TypeError, "Cannot keep");
  }
});
