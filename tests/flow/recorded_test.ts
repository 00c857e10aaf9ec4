/** A few exchanges recorded from the real Jina 3.12, replayed. */
import { assertEquals, assertMatch } from "@std/assert";
import type { AddOptions } from "../../mod.ts";
import { A, B, Ex, OnlyFoo } from "./_executors.ts";
import { type Reply, Served } from "./_serve.ts";

interface Recorded {
  readonly name: string;
  readonly flow: "A" | "B" | "C";
  readonly request: { readonly method: string; readonly path: string; readonly body: string };
  // deno-lint-ignore no-explicit-any -- JSON as it was recorded
  readonly response: { readonly status: number; readonly json: any };
}

const FLOWS: Record<Recorded["flow"], AddOptions[]> = {
  A: [{ uses: Ex }],
  B: [{ uses: OnlyFoo }],
  C: [{ uses: A, name: "a" }, { uses: B, name: "b" }],
};

const recordings: Recorded[] = [...Deno.readDirSync(new URL("recorded/", import.meta.url))]
  .map(({ name }) => JSON.parse(Deno.readTextFileSync(new URL(`recorded/${name}`, import.meta.url))));

/** Texts that are Python's there and ours here. */
const TEXTS: Record<string, string> = {
  C_chain_params_specific: '{"x":2,"a":{"x":9}}',
  post_parameters_executor_specific: '{"a":2,"executor0":{"a":2,"z":3},"q":7,"z":3}',
};

for (const [flow, adds] of Object.entries(FLOWS)) {
  Deno.test(`Flow answers as Jina did when the recordings of flow ${flow} are replayed`, async (t) => {
    await using served = await Served.start(adds);
    for (const recorded of recordings.filter((item) => item.flow === flow)) {
      await t.step(recorded.name, async () => {
        const { path, body, method } = recorded.request;
        compare(recorded, await served.post(path, body, method));
      });
    }
  });
}

function compare({ name, response }: Recorded, reply: Reply): void {
  const theirs = response.json;
  if (theirs.detail !== undefined) return compareIssues(theirs.detail, reply);
  const failed = theirs.header.status !== null;
  assertEquals(reply.status, failed ? 500 : 200);
  assertEquals(Object.keys(reply.body), Object.keys(theirs));
  assertEquals(reply.body.header.execEndpoint, theirs.header.execEndpoint);
  assertEquals(
    reply.body.parameters,
    theirs.parameters,
    "numbers are compared as numbers: theirs are all floats",
  );
  assertEquals(
    reply.body.routes.map((route: Route) => [route.executor, route.status?.code]),
    theirs.routes.map((route: Route) => [route.executor, route.status?.code]),
  );
  if (failed) {
    assertEquals(Object.keys(reply.body.header.status), Object.keys(theirs.header.status));
    assertEquals(reply.body.header.status.code, 1);
    assertEquals(reply.body.header.status.exception.executor, theirs.header.status.exception.executor);
  }
  compareDocs(name, reply.body.data, theirs.data);
}

interface Route {
  readonly executor: string;
  readonly status: { readonly code: number } | null;
}

type Json = Record<string, unknown>;

function compareDocs(name: string, ours: Json[], theirs: Json[]): void {
  assertEquals(ours.length, theirs.length);
  theirs.forEach((their, index) => {
    const our = ours[index];
    if (their.id === "<id>") assertMatch(String(our.id), /^[0-9a-f]{32}$/);
    const known = ["id", "text", "uri", "weight", "location", "embedding", "mime_type", "modality", "offset"];
    for (const key of known.filter((key) => their[key] !== null && their[key] !== "<id>")) {
      assertEquals(our[key], key === "text" ? TEXTS[name] ?? their[key] : their[key], `${name} ${key}`);
    }
    assertEquals(Object.values(our).includes(null), false, "what is absent is left out");
  });
}

function compareIssues(theirs: Json[], { status, body }: Reply): void {
  assertEquals(status, 422);
  const mine = body.detail as { loc: unknown; type: unknown; ctx?: Json }[];
  for (const issue of mine) {
    const same = theirs.find(({ loc, type }) =>
      JSON.stringify([loc, type]) === JSON.stringify([issue.loc, issue.type])
    );
    assertEquals(same !== undefined, true, `${JSON.stringify(issue)} is not among ${JSON.stringify(theirs)}`);
    for (const key of ["pos", "lineno", "colno"]) assertEquals(issue.ctx?.[key], (same?.ctx as Json)?.[key]);
  }
}
