/** What an exported Compose file would start, as processes on this machine. */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { BadServerError, Client } from "../../mod.ts";
import { hotflow } from "../cli/_cli.ts";
import { inTime } from "../support/in_time.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Composed } from "./_composed.ts";
import { executorText, makeProject } from "./_project.ts";

const FLOW = `jtype: Flow
with: { close_timeout: 2000 }
executors:
  - name: shout
    uses: shout.ts#Shout
    replicas: 2
    uses_with: { word: "\${{ ENV.WORD }}" }
  - { name: count, uses: count/executor.yml }
`;

/** Waits until an answer is right; something else makes it so. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const wait = async () => {
    while (!await holds()) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await inTime(wait(), what, 30_000);
}

/** Exports a project, and runs what its Compose file describes. */
async function compose(folder: TempFolder, scratch: TempFolder, ...more: string[]): Promise<Composed> {
  const path = folder.at("hello");
  const { code, stderr } = await hotflow({ path } as TempFolder, ["export", "compose", "flow.yml", ...more]);
  assertEquals([code, stderr], [0, ""]);
  return new Composed(path, "compose", scratch, { WORD: "w", COUNT_WORD: "c" });
}

/** The number of the process that a service's part of an answer names. */
function processOf(text: string | undefined, says: string): string {
  return new RegExp(`${says} \\w(\\d+)`).exec(text ?? "")?.[1] ?? "";
}

Deno.test("Compose: two replicas share the calls, and a service that was killed comes back", async () => {
  await using folder = await makeProject({ "hello/flow.yml": FLOW });
  await using scratch = await TempFolder.make();
  await using composed = await compose(folder, scratch);
  await composed.startAll();
  const client = new Client({ port: composed.port("gateway", 12345) });
  const text = async () => (await client.post("/", { text: "" }))[0].text;
  await until("the Flow", async () => await client.isFlowReady());
  assertMatch(String(await text()), /^ Shout w\d+ Count c\d+$/);
  const shouts = new Set<string>();
  await until("both replicas", async () => shouts.add(processOf(await text(), "Shout")).size === 2);
  // One replica of two is gone: the other one answers.
  const [first] = composed.of("shout");
  await composed.kill(first);
  await until("the other one", async () => await text().then(Boolean, () => false));
  for (let count = 0; count < 5; count++) await text();
  await composed.start(first);
  await until("the new one", async () => !shouts.has(processOf(await text(), "Shout")));
  // The only one is gone.
  const [count] = composed.of("count");
  await composed.kill(count);
  await until("the loss", async () => !await client.isFlowReady());
  const error = await assertRejects(text, BadServerError);
  assertEquals(error.status, 503);
  assertMatch(error.message, /count is down: grpc:\/\/127\.0\.0\.1:\d+ is away since/);
  await composed.start(count);
  await until("its return", async () => await text().then(Boolean, () => false));
  // As the engine stops it: by SIGTERM, within its time.
  count.cli?.signal("SIGTERM");
  assertEquals(await count.cli?.ended(), 143);
  const metrics = await (await fetch(`http://127.0.0.1:${composed.port("shout", 9090)}/metrics`)).text();
  assertMatch(metrics, /hotflow_requests_total\{[^}]*\} \d/);
});

Deno.test("Compose with --reload: a save reloads one service, and nothing is lost", async () => {
  await using folder = await makeProject({ "hello/flow.yml": FLOW });
  await using scratch = await TempFolder.make();
  await using composed = await compose(folder, scratch, "--reload");
  await composed.startAll();
  const client = new Client({ port: composed.port("gateway", 12345) });
  const text = async () => String((await client.post("/", { text: "" }))[0].text);
  await until("the Flow", async () => await client.isFlowReady());
  const before = processOf(await text(), "Count");
  await folder.writeAtomic("hello/count/count.ts", executorText("Count", "Recount"));
  // Each of these calls is answered.
  await until("the reload", async () => (await text()).includes("Recount"));
  assertEquals(processOf(await text(), "Recount"), before);
});
