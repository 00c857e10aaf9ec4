import { assertThrows } from "@std/assert";
import { type Binding, Executor } from "../../mod.ts";
import { bindingsOf } from "../../src/executor/bindings.ts";

function bindingOf(binding: Omit<Binding, "method">, method = "foo"): () => unknown {
  class Ex extends Executor {
    static requests = { "/x": { ...binding, method } };
    foo() {}
    *stream() {}
    async *asyncStream() {}
  }
  return () => bindingsOf(Ex);
}

Deno.test("batch is refused with a size or a wait that is none, and where requests cannot be batched", () => {
  const batch = { size: 2, wait: 1 };
  const wrong = (value: unknown) => bindingOf({ batch: value as typeof batch });
  for (const size of [0, 1.5, -1, NaN, "2", undefined]) {
    assertThrows(wrong({ ...batch, size }), TypeError, 'Cannot batch the requests of "/x": the size is');
  }
  for (const wait of [-1, Infinity, NaN, "1", undefined]) {
    assertThrows(wrong({ ...batch, wait }), TypeError, "wait is");
  }
  assertThrows(wrong({ ...batch, timeout: 1 }), TypeError, '"timeout" is unknown');
  assertThrows(wrong(5), TypeError, "5 is no batch");
  assertThrows(bindingOf({ batch, headers: ["a"] }), TypeError, "Cannot use headers together with batch");
  for (const method of ["stream", "asyncStream"]) {
    assertThrows(bindingOf({ batch }, method), TypeError, "its handler is a generator");
  }
  bindingOf({ batch })();
});
