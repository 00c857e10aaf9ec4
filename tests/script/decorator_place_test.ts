/** Where a mistake in a decorator is, whatever its arguments look like. */
import { assertEquals } from "@std/assert";
import { placeInDecorator } from "../../src/script/decorator_place.ts";

const place = { file: "/a.ts", line: 2, column: 3 };

/** A class whose decorators are below a method with one of its own, where engines place their mistakes. */
function source(...decorators: string[]): string {
  return `class A {\n  @requests()\n  one() {}\n  /** @nope */\n  // @nope(\n  ${
    decorators.join("\n  ")
  }\n  two() {}\n}\n`;
}

const PLACES: readonly (readonly [decorators: string[], line: number, column: number])[] = [
  [["@nope"], 6, 3],
  [["@nope()"], 6, 3],
  [["@requests(nope)"], 6, 13],
  [["@requests(wrap(wrap({ on: nope })))"], 6, 29],
  [["@requests(Object.assign({}, Object.freeze(Object.freeze({ on: nope }))))"], 6, 65],
  [['@requests({ on: ")" + nope })'], 6, 25],
  [['@requests({ on: "nope" + nope })'], 6, 28],
  [["@requests({ on: `/${nope}` })"], 6, 23],
  [["@requests([...nope])"], 6, 17],
  [["@requests(a.nope, nope)"], 6, 21],
  [['@requests({ on: "/z" })', "@nope(1)"], 7, 3],
  [["@requests({", "  on: [", "    nope,", "  ],", "})"], 8, 7],
];

for (const [decorators, line, column] of PLACES) {
  Deno.test(`placeInDecorator() finds ${decorators.join(" ")}`, () => {
    const error = new ReferenceError("nope is not defined");
    assertEquals(placeInDecorator(error, place, source(...decorators)), { file: "/a.ts", line, column });
  });
}

Deno.test("placeInDecorator() leaves places alone that are right, and other errors", () => {
  const text = source("@nope()");
  const error = new ReferenceError("Cannot access 'requests' before initialization");
  assertEquals(placeInDecorator(error, { ...place, column: 4 }, text), place);
  assertEquals(placeInDecorator(error, { ...place, column: 1 }, text), undefined);
  assertEquals(placeInDecorator(new TypeError("nope is not defined"), place, text), undefined);
  assertEquals(placeInDecorator(new ReferenceError("gone is not defined"), place, text), undefined);
});
