import { assertEquals, assertThrows } from "@std/assert";
import { type DocumentArray, Executor, requests } from "../../mod.ts";
import { bindingsOf } from "../../src/executor/bindings.ts";

/** Bindings as a plain object. */
function bindings(type: { readonly name: string; readonly prototype: unknown }): Record<string, string> {
  return Object.fromEntries([...bindingsOf(type)].map(([endpoint, { method }]) => [endpoint, method]));
}

Deno.test("@requests makes the default handler when it is bare", () => {
  class Bare extends Executor {
    @requests
    foo(_docs: DocumentArray) {}
  }
  assertEquals(bindings(Bare), { default: "foo" });
});

Deno.test("@requests() makes the default handler when it is called without endpoints", () => {
  class Called extends Executor {
    @requests()
    foo(_docs: DocumentArray) {}
  }
  class Empty extends Executor {
    @requests({})
    async bar(_docs: DocumentArray) {}
  }
  assertEquals([bindings(Called), bindings(Empty)], [{ default: "foo" }, { default: "bar" }]);
});

Deno.test("@requests() binds one endpoint, several, and one method more than once", () => {
  class Many extends Executor {
    @requests({ on: "/one" })
    one() {}
    @requests({ on: ["/a", "/b"] })
    two() {}
    @requests({ on: "/c" })
    @requests({ on: "/d" })
    @requests
    three() {}
  }
  assertEquals(bindings(Many), {
    "/one": "one",
    "/a": "two",
    "/b": "two",
    "/c": "three",
    "/d": "three",
    default: "three",
  });
});

Deno.test("static requests binds as decorators do", () => {
  class Plain extends Executor {
    static requests = { default: "foo", "/search": "find", "/": "find" };
    foo() {}
    find() {}
  }
  assertEquals(bindings(Plain), { default: "foo", "/search": "find", "/": "find" });
});

Deno.test("static requests and decorators can be mixed", () => {
  class Mixed extends Executor {
    static requests = { "/search": "find" };
    @requests
    foo() {}
    find() {}
  }
  assertEquals(bindings(Mixed), { default: "foo", "/search": "find" });
});

class Above extends Executor {
  @requests
  foo(): void {}
  @requests({ on: "/a" })
  a(): void {}
}

Deno.test("bindingsOf() finds inherited handlers, over several classes", () => {
  class Between extends Above {}
  class Below extends Between {
    @requests({ on: "/b" })
    b() {}
  }
  assertEquals(bindings(Below), { default: "foo", "/a": "a", "/b": "b" });
  assertEquals(bindings(Above), { default: "foo", "/a": "a" }, "the class above is left as it was");
});

Deno.test("bindingsOf() keeps an inherited binding when its method is overridden without a decorator", () => {
  class Below extends Above {
    override a() {}
  }
  assertEquals(bindings(Below), { default: "foo", "/a": "a" });
});

Deno.test("bindingsOf() prefers a class's own binding to that of a class above it", () => {
  class Below extends Above {
    @requests({ on: "/a" })
    other() {}
    @requests
    fallback() {}
  }
  class Plain extends Above {
    static requests = { "/a": "third" };
    third() {}
  }
  assertEquals(bindings(Below), { default: "fallback", "/a": "other" });
  assertEquals(bindings(Plain), { default: "foo", "/a": "third" });
});

Deno.test("bindingsOf() inherits static requests", () => {
  class Plain extends Executor {
    static requests: Record<string, string> = { "/a": "a" };
    a() {}
  }
  class Below extends Plain {
    static override requests = { "/b": "b" };
    b() {}
  }
  assertEquals(bindings(Below), { "/a": "a", "/b": "b" });
});

Deno.test("bindingsOf() gives nothing when a class binds nothing", () => {
  assertEquals(bindings(class None extends Executor {}), {});
});

Deno.test("@requests() throws when an endpoint has no slash in front, and says how it is written", () => {
  for (const on of ["foo", "", " /foo", 5 as unknown as string]) {
    const error = assertThrows(() => requests({ on }), TypeError);
    assertEquals(
      error.message,
      `Cannot bind the endpoint ${JSON.stringify(on)}: expected a path that begins with "/", as in "/search"`,
    );
  }
  assertThrows(() => requests({ on: ["/fine", "bad"] }), TypeError, 'the endpoint "bad"');
});

Deno.test("@requests() throws when it is given anything but { on }", () => {
  const odd = requests as (options: unknown) => unknown;
  for (const [options, named] of [["/f", '"/f"'], [null, "null"]] as const) {
    assertThrows(() => odd(options), TypeError, `Cannot use ${named} in @requests: write @requests({ on:`);
  }
  assertThrows(
    () => odd({ on: "/f", inptu: {} }),
    TypeError,
    'Cannot use the option "inptu" in @requests: expected on, input, output, parameters, batch or headers, as in ' +
      '@requests({ on: "/search" })',
  );
});

Deno.test("@requests() throws when it is given no endpoint at all", () => {
  assertThrows(() => requests({ on: [] }), TypeError, "endpoint");
});

Deno.test("@requests() throws when two methods are bound to one endpoint, and names both", () => {
  assertThrows(
    () => {
      class _Twice extends Executor {
        @requests({ on: "/a" })
        one() {}
        @requests({ on: ["/b", "/a"] })
        two() {}
      }
    },
    TypeError,
    'Cannot let both one() and two() of the class answer "/a"',
  );
});

Deno.test("@requests throws when two methods are to be the default handler", () => {
  assertThrows(
    () => {
      class _Twice extends Executor {
        @requests
        one() {}
        @requests()
        two() {}
      }
    },
    TypeError,
    "Cannot let both one() and two() of the class be the default handler",
  );
});

Deno.test("bindingsOf() throws when static requests and a decorator quarrel about an endpoint", () => {
  class Quarrel extends Executor {
    static requests = { "/a": "two" };
    @requests({ on: "/a" })
    one() {}
    two() {}
  }
  assertThrows(() => bindingsOf(Quarrel), TypeError, 'both one() and two() of Quarrel answer "/a"');
});

Deno.test("bindingsOf() throws when an entry of static requests has an unknown option, or its method is no name", () => {
  const of = (entry: unknown) => () =>
    bindingsOf(
      class Table extends Executor {
        static requests = { "/a": entry as string };
        find() {}
      },
    );
  const where = '"/a" of the `static requests` of Table';
  const method = `Cannot use %s as \`method\` in ${where}: expected the name of a method`;
  for (
    const [entry, message] of [
      [
        { method: "find", inptu: {} },
        `Cannot use the option "inptu" in ${where}: expected method, input, output, parameters, batch or headers, as in ` +
        '"/search": { method: "search" }',
      ],
      [{ on: "/a", method: "find" }, 'Cannot use the option "on"'],
      [{ method: ["find"] }, method.replace("%s", '["find"]')],
      [{ input: undefined }, method.replace("%s", "undefined")],
      [5, `Cannot use 5 in ${where}: write "/search": { method: "search" }`],
      [null, `Cannot use null in ${where}`],
      [
        { method: "find", batch: 32 },
        'Cannot batch the requests of "/a": 32 is no batch; expected batch: { size: 32',
      ],
      [{ method: "find", batch: { size: "32", wait: 1 } }, 'the size is "32"; expected a whole number'],
      [{ method: "find", output: "text" }, `Cannot use "text" as \`output\` in ${where}`],
    ] as const
  ) assertThrows(of(entry), TypeError, message);
  of({ method: "find", input: undefined, batch: undefined, headers: undefined })();
});

Deno.test("bindingsOf() gives the names of headers in lower case", () => {
  class Table extends Executor {
    static requests = { "/a": { method: "find", headers: ["X-User"] } };
    @requests({ on: "/b", headers: ["Authorization"] })
    find() {}
  }
  const headers = [...bindingsOf(Table).values()].map(({ headers }) => headers);
  assertEquals(headers, [["authorization"], ["x-user"]]);
});

Deno.test("bindingsOf() throws when static requests names no method, or an endpoint without a slash", () => {
  class Missing extends Executor {
    static requests = { "/a": "nope" };
  }
  class Slash extends Executor {
    static requests = { search: "find" };
    find() {}
  }
  assertThrows(
    () => bindingsOf(Missing),
    TypeError,
    'Cannot bind "/a" to Missing.nope: the class has no such method',
  );
  assertThrows(() => bindingsOf(Slash), TypeError, 'Cannot bind the endpoint "search"');
});

Deno.test("@requests throws when it is applied as a legacy decorator, and says what to change", () => {
  const legacy = requests as unknown as (...given: unknown[]) => unknown;
  for (
    const apply of [
      () => legacy({}, "foo", { value() {} }),
      () => (legacy() as typeof legacy)({}, "foo", { value() {} }),
      () => (legacy({ on: "/a" }) as typeof legacy)({}, "foo", { value() {} }),
    ]
  ) {
    assertThrows(apply, TypeError, 'remove "experimentalDecorators"');
  }
});

Deno.test("@requests throws when it is applied to something else than a public, non-static method", () => {
  const apply = (context: Record<string, unknown>) =>
    requests()(() => {}, { name: "foo", kind: "method", static: false, private: false, ...context } as never);
  for (
    const context of [{ kind: "getter" }, { kind: "class" }, { static: true }, {
      private: true,
      name: "#foo",
    }]
  ) {
    assertThrows(() => apply(context), TypeError, "@requests requires a public, non-static method");
  }
});
