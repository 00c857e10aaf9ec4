import { assertEquals } from "@std/assert";
import { classNamesIn, isClassName, placeOfClass, splitClassName } from "../../src/script/class_names.ts";

Deno.test("classNamesIn() finds classes wherever they fixture, under names in any script", () => {
  const texts: [string, string[]][] = [
    ["class A extends B {}", ["A"]],
    ["\ufeffclass A {}\r\nexport class B\r\n  extends A {}\r\n", ["A", "B"]],
    ["/* a */ class A{}const b=1;class C extends A{}", ["A", "C"]],
    ["class Übersetzer {} class 数据 {} class $_a {} abstract class Ñ {}", [
      "Übersetzer",
      "数据",
      "$_a",
      "Ñ",
    ]],
    ["const A = class extends B {}; let C: typeof B =\n  class D extends B {};", ["A", "C", "D"]],
    ["const A = sealed(class extends B {});", ["A"]],
    ["export default class extends B {}", []],
    ["a.class b; superclass c; #class d; x = { class: 1 }; classes = 1;", []],
    // A word that no class can have as its name would make an amended module a broken one.
    ["// a class interface extends\n`class new extends`; 'class let extends'; class package", []],
  ];
  for (const [text, names] of texts) assertEquals(classNamesIn(text), names, text);
});

Deno.test("classNamesIn() takes a time that grows with the text, and no faster", () => {
  const begin = performance.now();
  classNamesIn(`${"a:".repeat(50_000)}\n${"a ".repeat(50_000)}= (${"x.".repeat(50_000)}`);
  assertEquals(performance.now() - begin < 1_000, true);
});

Deno.test("splitClassName() splits paths and URLs at the name of a class only", () => {
  const encoded = new URL("file:///app/ex.ts#Übersetzer").href;
  assertEquals(splitClassName("./ex.ts#Übersetzer"), ["./ex.ts", "Übersetzer"]);
  assertEquals(splitClassName(encoded), ["file:///app/ex.ts", "Übersetzer"]);
  assertEquals(splitClassName("C:\\app\\ex.ts#A"), ["C:\\app\\ex.ts", "A"]);
  for (const path of ["./ex.ts", "/c#/mine.ts", "c#\\mine.ts", "a#b-c", "a#"]) {
    assertEquals(splitClassName(path), [path]);
  }
});

Deno.test("isClassName() takes identifiers of any script", () => {
  for (const name of ["A", "Übersetzer", "数据", "$a", "_", "a1"]) {
    assertEquals(isClassName(name), true, name);
  }
  for (const name of ["", "1a", "a-b", "./a", "a.b", "a b"]) assertEquals(isClassName(name), false, name);
});

Deno.test("placeOfClass() tells where a class is declared", () => {
  assertEquals(placeOfClass("const a = 1;\nexport class B {}\n", "B"), { line: 2, column: 8 });
  assertEquals(placeOfClass("const B = class {}", "B"), { line: 1, column: 7 });
  assertEquals(placeOfClass("class A {}", "B"), undefined);
});
