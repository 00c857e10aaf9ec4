/** Changes of the class itself: its name, its methods, its endpoints. What serves is what the new version binds. */
import { assertEquals, assertMatch } from "@std/assert";
import { FILE, Reloading } from "../support/reloading.ts";
import { executorSource, type FlowFixture, PACKAGE, probe } from "../support/flow_fixture.ts";

/** Handlers by endpoint, each of which answers with its text; no default handler. */
const binding = (handlers: Record<string, string>) =>
  `import { Executor, requests } from ${JSON.stringify(PACKAGE)};
export class MyExecutor extends Executor {
${
    Object.entries(handlers).map(([endpoint, text], index) =>
      `  @requests({ on: ${JSON.stringify(endpoint)} })
  handler${index}(docs) { for (const doc of docs) doc.text = ${JSON.stringify(text)}; }`
    ).join("\n")
  }
}
`;

/** What `POST /<endpoint>` says: the status, and the text or what is wrong. */
async function route(fixture: FlowFixture, endpoint: string): Promise<[status: number, text: string]> {
  const body = JSON.stringify({ data: [{ text: "x" }] });
  const headers = { "content-type": "application/json" };
  const url = `http://127.0.0.1:${fixture.port}${endpoint}`;
  const response = await fetch(url, { method: "POST", headers, body });
  const answer = await response.json();
  return [response.status, answer.data?.[0].text ?? JSON.stringify(answer.detail)];
}

/** What `POST /post` says of an endpoint. */
async function post(fixture: FlowFixture, endpoint: string): Promise<[status: number, text: string]> {
  const { status, text, body } = await fixture.ask(endpoint);
  return [status, status === 200 ? text : body];
}

/** Both ways say that there is no such endpoint, and which there are. */
async function unknown(fixture: FlowFixture, endpoint: string, known: readonly string[]): Promise<void> {
  for (const [status, text] of [await route(fixture, endpoint), await post(fixture, endpoint)]) {
    assertEquals(status, 404, text);
    for (const name of known) assertMatch(text, new RegExp(`${name}\\b`));
  }
}

async function endpoints(fixture: FlowFixture): Promise<string[]> {
  return [...(await fixture.status()).deployments[0].endpoints].sort();
}

/** Renames the class there and back, and has a second one come in between. */
async function renames(fixture: FlowFixture, uses: string): Promise<void> {
  const reloading = await Reloading.begin(fixture, { add: { uses } });
  const called = (now: string, before: string) =>
    new RegExp(`^INFO executor0/rep-0 the Executor is called ${now} now, it was ${before}$`);

  let mark = fixture.log.mark;
  await reloading.saved("v2", executorSource("v2", "Renamed"));
  await fixture.log.waitFor(called("Renamed", "MyExecutor"), mark);
  assertEquals((await fixture.status()).deployments[0].executor, "Renamed");
  await reloading.saved("v3", executorSource("v3", "Renamed"));
  assertEquals(fixture.log.count(/is called/, mark), 1);

  // With two to choose from, none of which has the name, nobody can tell.
  const second = executorSource("broken", "Second").replace(/^import.*\n/, "");
  await reloading.breaks(
    {
      says: /TypeError: Cannot (?:find the Executor MyExecutor|choose an Executor) .*First, Second/,
      file: FILE,
    },
    () => fixture.folder.write(FILE, executorSource("broken", "First") + second),
  );

  mark = fixture.log.mark;
  await reloading.saved("v4", executorSource("v4"));
  await fixture.log.waitFor(called("MyExecutor", "Renamed"), mark);
  assertEquals((await fixture.status()).deployments[0].executor, "MyExecutor");
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3", "v4"]);
  await fixture.assertNothingLost();
}

probe(21, "class renamed", async (fixture) => {
  await renames(fixture, FILE);
});

probe(21, "class renamed, which was named after a #", async (fixture) => {
  await renames(fixture, `${FILE}#MyExecutor`);
});

probe(21, "class renamed, which the program has imported", async (fixture) => {
  const path = await fixture.folder.write(FILE, executorSource("v1"));
  await renames(fixture, `class:${path}#MyExecutor`);
});

probe(22, "handler method renamed", async (fixture) => {
  const reloading = await Reloading.begin(fixture);
  await reloading.saved("v2", executorSource("v2").replace("foo(", "bar("));
  await reloading.saved("v3", executorSource("v3").replace("foo(", "baz("));
  // Bound by a table that still has the old name.
  const bound = (text: string, method: string) =>
    binding({ "/": text }).replace(
      / {2}@requests.*\n {2}handler0/,
      `  static requests = { default: "foo" };\n  ${method}`,
    );
  await reloading.saved("v4", bound("v4", "foo"));
  await reloading.breaks(
    { says: /TypeError: Cannot bind "default" to MyExecutor\.foo: the class has no such method/, file: FILE },
    () => fixture.folder.write(FILE, bound("broken", "bar")),
  );
  await reloading.saved("v5", bound("v5", "bar").replace('"foo"', '"bar"'));
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3", "v4", "v5"]);
  await fixture.assertNothingLost();
});

probe(23, "endpoint added", async (fixture) => {
  const reloading = await Reloading.begin(fixture, { files: { [FILE]: binding({ "/": "v1" }) } });
  await unknown(fixture, "/added", ["/"]);
  await reloading.saved("v2", binding({ "/": "v2", "/added": "added v2" }));
  assertEquals(await route(fixture, "/added"), [200, "added v2"]);
  assertEquals(await post(fixture, "/added"), [200, "added v2"]);
  assertEquals(await endpoints(fixture), ["/", "/added"]);

  // Beside a default handler, which answered it before.
  await reloading.saved("v3", executorSource("v3"));
  assertEquals(await post(fixture, "/added"), [200, "v3"]);
  const more =
    '  @requests({ on: "/added" })\n  add(docs) { for (const doc of docs) doc.text = "added v4"; }';
  await reloading.saved("v4", executorSource("v4", "MyExecutor", more));
  assertEquals(await route(fixture, "/added"), [200, "added v4"]);
  assertEquals(await post(fixture, "/added"), [200, "added v4"]);
  assertEquals(await post(fixture, "/other"), [200, "v4"]);
  assertEquals(await endpoints(fixture), ["/added", "default"]);
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3", "v4"]);
  await fixture.assertNothingLost();
});

probe(24, "endpoint removed", async (fixture) => {
  const first = binding({ "/": "v1", "/old": "old v1", "/older": "older v1" });
  const reloading = await Reloading.begin(fixture, { files: { [FILE]: first } });
  assertEquals(await route(fixture, "/old"), [200, "old v1"]);
  await reloading.saved("v2", binding({ "/": "v2", "/older": "older v2" }));
  await unknown(fixture, "/old", ["/", "/older"]);
  assertEquals(await route(fixture, "/older"), [200, "older v2"]);
  assertEquals(await endpoints(fixture), ["/", "/older"]);

  // With a default handler, that one answers.
  await reloading.saved("v3", executorSource("v3"));
  assertEquals(await post(fixture, "/older"), [200, "v3"]);
  assertEquals((await route(fixture, "/older"))[0], 404);
  assertEquals(await endpoints(fixture), ["default"]);
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3"]);
  await fixture.assertNothingLost();
});

probe(25, "endpoint moved `/x` -> `/y`", async (fixture) => {
  const reloading = await Reloading.begin(fixture, {
    files: { [FILE]: binding({ "/": "v1", "/x": "moved v1" }) },
  });
  assertEquals(await route(fixture, "/x"), [200, "moved v1"]);
  await unknown(fixture, "/y", ["/", "/x"]);
  await reloading.saved("v2", binding({ "/": "v2", "/y": "moved v2" }));
  assertEquals(await route(fixture, "/y"), [200, "moved v2"]);
  assertEquals(await post(fixture, "/y"), [200, "moved v2"]);
  await unknown(fixture, "/x", ["/", "/y"]);
  assertEquals(await endpoints(fixture), ["/", "/y"]);
  // Two handlers that change places.
  await reloading.saved("v3", binding({ "/": "v3", "/x": "one", "/y": "two" }));
  await reloading.saved("v4", binding({ "/": "v4", "/y": "one", "/x": "two" }));
  assertEquals([await post(fixture, "/x"), await post(fixture, "/y")], [[200, "two"], [200, "one"]]);
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3", "v4"]);
  await fixture.assertNothingLost();
});
