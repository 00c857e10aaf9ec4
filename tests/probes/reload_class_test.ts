/** Changes of the class itself: its name, its methods, its endpoints. What serves is what the new version binds. */
import { assertEquals, assertMatch } from "@std/assert";
import { FILE, Reloading } from "../support/reloading.ts";
import { executorSource, PACKAGE, probe, type Stand } from "../support/flow_fixture.ts";

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
async function route(stand: Stand, endpoint: string): Promise<[status: number, text: string]> {
  const body = JSON.stringify({ data: [{ text: "x" }] });
  const headers = { "content-type": "application/json" };
  const url = `http://127.0.0.1:${stand.port}${endpoint}`;
  const response = await fetch(url, { method: "POST", headers, body });
  const answer = await response.json();
  return [response.status, answer.data?.[0].text ?? JSON.stringify(answer.detail)];
}

/** What `POST /post` says of an endpoint. */
async function post(stand: Stand, endpoint: string): Promise<[status: number, text: string]> {
  const { status, text, body } = await stand.ask(endpoint);
  return [status, status === 200 ? text : body];
}

/** Both ways say that there is no such endpoint, and which there are. */
async function unknown(stand: Stand, endpoint: string, known: readonly string[]): Promise<void> {
  for (const [status, text] of [await route(stand, endpoint), await post(stand, endpoint)]) {
    assertEquals(status, 404, text);
    for (const name of known) assertMatch(text, new RegExp(`${name}\\b`));
  }
}

async function endpoints(stand: Stand): Promise<string[]> {
  return [...(await stand.status()).deployments[0].endpoints].sort();
}

/** Renames the class there and back, and has a second one come in between. */
async function renames(stand: Stand, uses: string): Promise<void> {
  const reloading = await Reloading.begin(stand, { add: { uses } });
  const called = (now: string, before: string) =>
    new RegExp(`^INFO executor0/rep-0 the Executor is called ${now} now, it was ${before}$`);

  let mark = stand.log.mark;
  await reloading.saved("v2", executorSource("v2", "Renamed"));
  await stand.log.waitFor(called("Renamed", "MyExecutor"), mark);
  assertEquals((await stand.status()).deployments[0].executor, "Renamed");
  await reloading.saved("v3", executorSource("v3", "Renamed"));
  assertEquals(stand.log.count(/is called/, mark), 1);

  // With two to choose from, none of which has the name, nobody can tell.
  const second = executorSource("broken", "Second").replace(/^import.*\n/, "");
  await reloading.breaks(
    {
      says: /TypeError: Cannot (?:find the Executor MyExecutor|choose an Executor) .*First, Second/,
      file: FILE,
    },
    () => stand.folder.write(FILE, executorSource("broken", "First") + second),
  );

  mark = stand.log.mark;
  await reloading.saved("v4", executorSource("v4"));
  await stand.log.waitFor(called("MyExecutor", "Renamed"), mark);
  assertEquals((await stand.status()).deployments[0].executor, "MyExecutor");
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3", "v4"]);
  await stand.unharmed();
}

probe(21, "class renamed", async (stand) => {
  await renames(stand, FILE);
});

probe(21, "class renamed, which was named after a #", async (stand) => {
  await renames(stand, `${FILE}#MyExecutor`);
});

probe(21, "class renamed, which the program has imported", async (stand) => {
  const path = await stand.folder.write(FILE, executorSource("v1"));
  await renames(stand, `class:${path}#MyExecutor`);
});

probe(22, "handler method renamed", async (stand) => {
  const reloading = await Reloading.begin(stand);
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
    () => stand.folder.write(FILE, bound("broken", "bar")),
  );
  await reloading.saved("v5", bound("v5", "bar").replace('"foo"', '"bar"'));
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3", "v4", "v5"]);
  await stand.unharmed();
});

probe(23, "endpoint added", async (stand) => {
  const reloading = await Reloading.begin(stand, { files: { [FILE]: binding({ "/": "v1" }) } });
  await unknown(stand, "/added", ["/"]);
  await reloading.saved("v2", binding({ "/": "v2", "/added": "added v2" }));
  assertEquals(await route(stand, "/added"), [200, "added v2"]);
  assertEquals(await post(stand, "/added"), [200, "added v2"]);
  assertEquals(await endpoints(stand), ["/", "/added"]);

  // Beside a default handler, which answered it before.
  await reloading.saved("v3", executorSource("v3"));
  assertEquals(await post(stand, "/added"), [200, "v3"]);
  const more =
    '  @requests({ on: "/added" })\n  add(docs) { for (const doc of docs) doc.text = "added v4"; }';
  await reloading.saved("v4", executorSource("v4", "MyExecutor", more));
  assertEquals(await route(stand, "/added"), [200, "added v4"]);
  assertEquals(await post(stand, "/added"), [200, "added v4"]);
  assertEquals(await post(stand, "/other"), [200, "v4"]);
  assertEquals(await endpoints(stand), ["/added", "default"]);
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3", "v4"]);
  await stand.unharmed();
});

probe(24, "endpoint removed", async (stand) => {
  const first = binding({ "/": "v1", "/old": "old v1", "/older": "older v1" });
  const reloading = await Reloading.begin(stand, { files: { [FILE]: first } });
  assertEquals(await route(stand, "/old"), [200, "old v1"]);
  await reloading.saved("v2", binding({ "/": "v2", "/older": "older v2" }));
  await unknown(stand, "/old", ["/", "/older"]);
  assertEquals(await route(stand, "/older"), [200, "older v2"]);
  assertEquals(await endpoints(stand), ["/", "/older"]);

  // With a default handler, that one answers.
  await reloading.saved("v3", executorSource("v3"));
  assertEquals(await post(stand, "/older"), [200, "v3"]);
  assertEquals((await route(stand, "/older"))[0], 404);
  assertEquals(await endpoints(stand), ["default"]);
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3"]);
  await stand.unharmed();
});

probe(25, "endpoint moved `/x` -> `/y`", async (stand) => {
  const reloading = await Reloading.begin(stand, {
    files: { [FILE]: binding({ "/": "v1", "/x": "moved v1" }) },
  });
  assertEquals(await route(stand, "/x"), [200, "moved v1"]);
  await unknown(stand, "/y", ["/", "/x"]);
  await reloading.saved("v2", binding({ "/": "v2", "/y": "moved v2" }));
  assertEquals(await route(stand, "/y"), [200, "moved v2"]);
  assertEquals(await post(stand, "/y"), [200, "moved v2"]);
  await unknown(stand, "/x", ["/", "/y"]);
  assertEquals(await endpoints(stand), ["/", "/y"]);
  // Two handlers that change places.
  await reloading.saved("v3", binding({ "/": "v3", "/x": "one", "/y": "two" }));
  await reloading.saved("v4", binding({ "/": "v4", "/y": "one", "/x": "two" }));
  assertEquals([await post(stand, "/x"), await post(stand, "/y")], [[200, "two"], [200, "one"]]);
  assertEquals(reloading.traffic.texts, ["v1", "v2", "v3", "v4"]);
  await stand.unharmed();
});
