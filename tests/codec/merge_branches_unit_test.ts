import { assertEquals } from "@std/assert";
import { mergeBranches } from "../../src/codec/merge_branches.ts";

type Json = Record<string, unknown>;

/** One document in all of them. */
function mergeOne(base: Json, ...branches: Json[]): Json {
  const [doc, ...more] = mergeBranches([{ id: "d", ...base }], branches.map((doc) => [{ id: "d", ...doc }]));
  assertEquals(more, []);
  const { id, ...fields } = doc;
  assertEquals(id, "d");
  return fields;
}

Deno.test("mergeBranches() takes each field from the branch that changed it", () => {
  const base = { text: "hi", uri: "u" };
  const merged = mergeOne(base, { ...base, text: "a" }, { ...base, embedding: [1, 2] }, {
    ...base,
    weight: 2,
  });
  assertEquals(merged, { text: "a", uri: "u", embedding: [1, 2], weight: 2 });
});

Deno.test("mergeBranches() lets the later branch win where several changed a field, vectors as a whole", () => {
  assertEquals(mergeOne({ text: "hi" }, { text: "a" }, { text: "b" }, { text: "hi" }), { text: "b" });
  const vectors = mergeOne({ embedding: [0, 0], tensor: [[1]] }, { embedding: [1, 0], tensor: [[1]] }, {
    embedding: [0, 1],
    tensor: [[2]],
  });
  assertEquals(vectors, { embedding: [0, 1], tensor: [[2]] });
});

Deno.test("mergeBranches() counts a field that was taken away as changed", () => {
  const base = { text: "hi", blob: "AAA=" };
  assertEquals(mergeOne(base, { text: "hi" }, base), { text: "hi" });
  assertEquals(mergeOne(base, { text: "hi" }, { text: "a", blob: "BBB=" }), { text: "a", blob: "BBB=" });
  assertEquals(mergeOne(base, { blob: "BBB=" }, { text: "hi" }), {});
});

Deno.test("mergeBranches() merges tags, scores and evaluations by key", () => {
  for (const field of ["tags", "scores", "evaluations"]) {
    const base = { [field]: { kept: 1, both: 1, gone: 1 } };
    const merged = mergeOne(
      base,
      { [field]: { kept: 1, both: 2, a: { x: 1 } } },
      { [field]: { kept: 1, both: 3, gone: 1, b: { y: 1 } } },
    );
    assertEquals(merged, { [field]: { kept: 1, both: 3, a: { x: 1 }, b: { y: 1 } } });
  }
  assertEquals(mergeOne({}, { tags: { a: 1 } }, { tags: { b: 2 } }), { tags: { a: 1, b: 2 } });
});

Deno.test("mergeBranches() keeps __proto__ as data", () => {
  const tags = JSON.parse('{"__proto__":{"x":1},"a":1}');
  const merged = JSON.stringify(mergeOne({}, { tags }, { tags: { b: 1 } }));
  assertEquals(merged, '{"tags":{"__proto__":{"x":1},"a":1,"b":1}}');
});

Deno.test("mergeBranches() merges chunks and matches by id, at any depth", () => {
  for (const field of ["chunks", "matches"]) {
    const base = { [field]: [{ id: "1", text: "one" }, { id: "2", text: "two" }] };
    const merged = mergeOne(
      base,
      { [field]: [{ id: "1", text: "one", weight: 1 }, { id: "3", chunks: [{ id: "x" }] }] },
      { [field]: [{ id: "2", text: "zwei" }, { id: "1", text: "one" }, { id: "3", chunks: [{ id: "y" }] }] },
    );
    assertEquals(merged, {
      [field]: [
        { id: "1", text: "one", weight: 1 },
        { id: "3", chunks: [{ id: "x" }, { id: "y" }] },
        { id: "2", text: "zwei" },
      ],
    });
  }
});

Deno.test("mergeBranches() takes a list of documents as it is when one branch alone changed it", () => {
  const base = [{ id: "1" }, { id: "2" }, { id: "3" }];
  const filtered = [{ id: "3" }, { id: "1" }];
  assertEquals(mergeBranches(base, [filtered, base]), filtered);
  assertEquals(mergeBranches(base, [base, filtered]), filtered);
  const matches = [{ id: "m1" }, { id: "m2" }];
  assertEquals(mergeOne({ matches }, { matches: [{ id: "m2" }] }, { matches, text: "x" }), {
    matches: [{ id: "m2" }],
    text: "x",
  });
});

Deno.test("mergeBranches() keeps every document that some branch gives, in the order they are first named", () => {
  const base = [{ id: "1", text: "one" }];
  const merged = mergeBranches(base, [[{ id: "n", text: "new" }], [{ id: "1", text: "eins" }, {
    id: "n",
    weight: 1,
  }]]);
  assertEquals(merged, [{ id: "n", text: "new", weight: 1 }, { id: "1", text: "eins" }]);
  assertEquals(mergeBranches(base, [[], [{ id: "1", text: "eins" }]]), [{ id: "1", text: "eins" }]);
});

Deno.test("mergeBranches() merges documents of one and the same id in their order", () => {
  const base = [{ id: "1", text: "a" }, { id: "1", text: "b" }];
  const merged = mergeBranches(base, [
    [{ id: "1", text: "a1" }, { id: "1", text: "b" }],
    [{ id: "1", text: "a" }, { id: "1", text: "b2" }],
  ]);
  assertEquals(merged, [{ id: "1", text: "a1" }, { id: "1", text: "b2" }]);
});

Deno.test("mergeBranches() does not take another order of keys for a change", () => {
  const merged = mergeOne({ tags: { a: 1, b: 2 } }, { tags: { a: 3, b: 2 } }, { tags: { b: 2, a: 1 } });
  assertEquals(merged, { tags: { a: 3, b: 2 } });
});
