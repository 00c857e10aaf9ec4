import { assertEquals, assertThrows } from "@std/assert";
import { Document, DocumentArray, InvalidRequestError, type Issue } from "../../mod.ts";

function issuesOf(run: () => unknown): readonly Issue[] {
  return assertThrows(run, InvalidRequestError).issues;
}

const TEXT: [unknown, string] = [true, "str type expected"];
const BAD: Record<string, readonly [value: unknown, msg: string][]> = {
  id: [TEXT, [{}, "str type expected"]],
  parent_id: [TEXT],
  text: [TEXT, [["x"], "str type expected"], [{ a: 1 }, "str type expected"]],
  uri: [TEXT],
  mime_type: [TEXT],
  modality: [TEXT],
  granularity: [["1", "value is not a valid integer"], [1.5, "value is not a valid integer"]],
  adjacency: [[false, "value is not a valid integer"]],
  weight: [["0.5", "value is not a valid float"], [[], "value is not a valid float"]],
  offset: [[{}, "value is not a valid float"]],
  tags: [
    [[], "value is not a valid dict"],
    ["x", "value is not a valid dict"],
    [1, "value is not a valid dict"],
  ],
  blob: [["not base64!", "value is not valid base64 text"], [[1, 2], "value is not valid base64 text"]],
  tensor: [[5, "value is not an array of numbers"], [[1, [2]], "value is not an array of numbers"]],
  embedding: [
    ["x", "value is not an array of numbers"],
    [[1, "2"], "value is not an array of numbers"],
    [[1, null], "value is not an array of numbers"],
    [[[1], 2], "value is not an array of numbers"],
    [[[1], [true]], "value is not an array of numbers"],
    [{ 0: 1 }, "value is not an array of numbers"],
  ],
  location: [[1, "value is not a valid list"]],
  scores: [[[], "value is not a valid dict"]],
  evaluations: [[1, "value is not a valid dict"]],
  chunks: [[{}, "value is not a valid list"], ["x", "value is not a valid list"]],
  matches: [[1, "value is not a valid list"]],
};

for (const [field, cases] of Object.entries(BAD)) {
  Deno.test(`Document.fromJSON() throws an InvalidRequestError naming ${field} when it has a bad type`, () => {
    for (const [value, msg] of cases) {
      const issues = issuesOf(() => Document.fromJSON({ id: "a", [field]: value }));
      assertEquals(issues.map(({ loc, msg }) => ({ loc, msg })), [{ loc: [field], msg }]);
    }
  });
}

Deno.test("DocumentArray.fromJSON() names every bad field with the way to it", () => {
  const issues = issuesOf(() =>
    DocumentArray.fromJSON([
      { id: "fine" },
      { text: {}, tags: [] },
      { chunks: [{ id: "c" }, { matches: [{ weight: "x" }] }] },
      "no document",
      { chunks: [null] },
    ])
  );
  assertEquals(issues.map(({ loc }) => loc.join(".")), [
    "1.text",
    "1.tags",
    "2.chunks.1.matches.0.weight",
    "3",
    "4.chunks.0",
  ]);
});

Deno.test("DocumentArray.fromJSON() throws when it is given something else than a list", () => {
  for (const value of [{}, "x", 1, null, undefined, true]) {
    const [issue] = issuesOf(() => DocumentArray.fromJSON(value));
    assertEquals(issue, { loc: [], msg: "value is not a valid list", type: "type_error.list" });
  }
});

Deno.test("Document.fromJSON() throws when it is given something else than an object", () => {
  for (const value of [[], "x", 1, undefined]) {
    const [issue] = issuesOf(() => Document.fromJSON(value));
    assertEquals(issue, { loc: [], msg: "value is not a valid dict", type: "type_error.dict" });
  }
  const [issue] = issuesOf(() => Document.fromJSON(null));
  assertEquals(issue, { loc: [], msg: "none is not an allowed value", type: "type_error.none.not_allowed" });
});

Deno.test("InvalidRequestError says every field and what is wanted in its message", () => {
  const error = assertThrows(
    () => DocumentArray.fromJSON([{ text: [], weight: "x" }]),
    InvalidRequestError,
  );
  assertEquals(
    error.message,
    "Cannot read the request: 0.text: str type expected; 0.weight: value is not a valid float",
  );
});

Deno.test("Document.fromJSON() names the place inside scores, evaluations and location", () => {
  const cases: [field: string, value: unknown, way: string, type: string][] = [
    ["scores", { cos: { value: "high" } }, "scores.cos.value", "type_error.float"],
    ["scores", { fine: { value: 1 }, cos: 0.5 }, "scores.cos", "type_error.dict"],
    ["evaluations", { e: [1] }, "evaluations.e", "type_error.dict"],
    ["evaluations", { e: { ref_id: {} } }, "evaluations.e.ref_id", "type_error.str"],
    ["scores", { s: { description: false } }, "scores.s.description", "type_error.str"],
    ["location", [1, "2"], "location.1", "type_error.float"],
  ];
  for (const [field, value, way, type] of cases) {
    const [issue] = issuesOf(() => Document.fromJSON({ [field]: value }));
    assertEquals([issue.loc.join("."), issue.type], [way, type]);
  }
});
