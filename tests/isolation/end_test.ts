/** The ends of processes: by signals, with what they have started, and the reasons that are reported. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Flow } from "../../mod.ts";
import { FlowProcess } from "../support/process.ts";
import { PACKAGE, target } from "../support/target.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { executorSource, isAlive, serveIsolated, until } from "./_isolated.ts";

const onDeno = { ignore: target.name !== "deno" };
const notOnBun = { ignore: target.name === "bun" };

/** A handler that starts a program, tells its process id, and loops when it is told to. */
const STARTING = `  @requests({ on: "/start" })
  start(docs) {
    const { spawn } = process.getBuiltinModule("node:child_process");
    for (const doc of docs) doc.text = String(spawn("sleep", ["77"], { stdio: "ignore" }).pid);
  }`;

async function startedBy(running: { ask(on: string): Promise<{ text: string }> }): Promise<number> {
  const pid = Number((await running.ask("/start")).text);
  assertEquals(await isAlive(pid), true);
  return pid;
}

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  Deno.test(`${signal} to every process, as a service manager sends it: requests finish first`, async () => {
    await using folder = await TempFolder.make();
    await folder.write("isolated.ts", executorSource());
    await using running = await serveIsolated(folder, [{ name: "one" }]);
    const pid = Number((await running.ask("/")).text.split(" ").at(-1));
    const slow = running.ask("/slow");
    await running.printed(/waiting/);
    Deno.kill(pid, signal);
    running.signal(signal);
    assertEquals((await slow).text, `waited ${pid}`);
    await running.exited();
    await until("the process is gone", async () => !await isAlive(pid));
  });
}

for (
  const [how, end] of [
    ["loops", "/loop"],
    ["crashes", "/crash"],
  ]
) {
  Deno.test(`a process that ${how} ends with what it has started`, async () => {
    await using folder = await TempFolder.make();
    await folder.write("isolated.ts", executorSource("v1", STARTING));
    await using running = await serveIsolated(folder, [{ name: "one" }]);
    const pid = await startedBy(running);
    await running.ask(end).catch(() => {});
    await until("what it has started is gone", async () => !await isAlive(pid));
  });
}

for (const isLooping of [false, true]) {
  Deno.test(`a killed Flow leaves nothing that its ${isLooping ? "looping " : ""}process has started`, async () => {
    await using folder = await TempFolder.make();
    await folder.write("isolated.ts", executorSource("v1", STARTING));
    await using running = await serveIsolated(folder, [{ name: "one" }], { stuckAfter: 60_000 });
    const pid = await startedBy(running);
    const looping = isLooping ? running.ask("/loop").catch(() => {}) : undefined;
    running.signal("SIGKILL");
    await looping;
    await until("what it has started is gone", async () => !await isAlive(pid));
  });
}

Deno.test("a Flow that closes ends a loop after closeTimeout: 503 with the reason, and no process is left", async () => {
  await using folder = await TempFolder.make();
  await folder.write("isolated.ts", executorSource());
  const options = { stuckAfter: 60_000, closeTimeout: 300 };
  await using running = await serveIsolated(folder, [{ name: "one" }], options);
  const pid = Number((await running.ask("/")).text.split(" ").at(-1));
  const beside = running.ask("/slow");
  await running.printed(/waiting/);
  const looping = running.ask("/loop");
  await running.printed(/looping/);
  const from = performance.now();
  running.signal("SIGTERM");
  for (const { status, body } of await Promise.all([looping, beside])) {
    assertEquals(status, 503);
    assertMatch(body, /CutError: its version was closed before it answered/);
  }
  assertEquals(await running.exited(), 0);
  assert(performance.now() - from < 5_000);
  assertEquals(await isAlive(pid), false);
});

Deno.test("what an Executor prints is not taken for the reason of its end", async () => {
  await using folder = await TempFolder.make();
  const printing = `  @requests({ on: "/print" })
  print(docs) {
    // Past what hotflow captures, as a native addon writes.
    process.getBuiltinModule("node:child_process").spawnSync("sh", ["-c", "echo CUDA out of memory, retrying >&2"], {
      stdio: ["ignore", "ignore", "inherit"],
    });
  }`;
  await folder.write("isolated.ts", executorSource("v1", printing));
  await using running = await serveIsolated(folder, [{ name: "one", memory: 256 }]);
  await running.ask("/print");
  await running.log.waitFor(/CUDA out of memory/);
  const { body } = await running.ask("/crash");
  assertMatch(body, /the process ended with signal SIGKILL/);
});

Deno.test("a process that cannot start says why", onDeno, async () => {
  await using folder = await TempFolder.make();
  await folder.write("isolated.ts", executorSource());
  for (
    const [options, expected] of [
      [{ permissions: { net: ["http://example.com"] } }, /exit code 1: .*http:\/\/example\.com/],
      [{ permissions: { net: ["a b"] } }, /exit code 1: .*a b/],
      [{ permissions: { sys: ["nonsense"] } }, /exit code 1: .*nonsense/],
    ] as [object, RegExp][]
  ) {
    await using flow = new Flow({ listen: false }).add({
      uses: folder.at("isolated.ts"),
      isolation: "process",
      ...options,
    });
    assertMatch((await assertRejects(() => flow.start()) as Error).message, expected);
  }
});

Deno.test(
  "a process whose code disconnects it is replaced at once",
  { ignore: target.name === "bun" },
  async () => {
    await using folder = await TempFolder.make();
    const leaving = `  @requests({ on: "/leave" })
  async leave() { process.disconnect(); await new Promise(() => {}); }`;
    await folder.write("isolated.ts", executorSource("v1", leaving));
    await using running = await serveIsolated(folder, [{ name: "one" }], { stuckAfter: 60_000 });
    const { status, body } = await running.ask("/leave");
    assertEquals(status, 503);
    assertMatch(body, /process\.disconnect\(\) was called/);
  },
);

Deno.test("a program that is started in place of a worker, as a compiled one is, starts no more of itself", async () => {
  await using folder = await TempFolder.make();
  await folder.write("isolated.js", executorSource());
  const add = { uses: folder.at("isolated.js"), isolation: "process" };
  const path = await folder.write(
    "flow.mjs",
    `import { Flow } from ${JSON.stringify(PACKAGE)};
await new Flow({ port: 0 }).add(${JSON.stringify(add)}).start();
`,
  );
  const [program, ...args] = target.command;
  const order = JSON.stringify({ host: Deno.pid });
  const { code, stderr } = await new Deno.Command(program, { args: [...args, path, order] }).output();
  assertEquals(code, 1);
  assertMatch(new TextDecoder().decode(stderr), /a compiled program is no runtime that could run it/);
});

const onNode = { ignore: !target.name.startsWith("node") };

Deno.test("a Flow in the text of node -e: its processes do not run that text", onNode, async () => {
  await using folder = await TempFolder.make();
  await folder.write("isolated.js", executorSource());
  const add = { uses: folder.at("isolated.js"), isolation: "process" };
  const script = `import { Flow } from ${JSON.stringify(PACKAGE)};
const flow = await new Flow({ port: 0 }).add(${JSON.stringify(add)}).start();
console.log(flow.port);
await flow.block();
`;
  const command = [...target.command, "--input-type=module", "-e", script];
  await using running = await FlowProcess.serve(folder, "", "unused.mjs", command);
  assertMatch((await running.ask("/")).text, /^v1 \d+$/);
});

Deno.test("a process has the Flow's arguments, and its IPC is hotflow's own", notOnBun, async () => {
  await using folder = await TempFolder.make();
  const more = `  @requests({ on: "/args" })
  args(docs) {
    const given = [process.argv.slice(2), globalThis.Deno?.args ?? process.argv.slice(2)];
    for (const doc of docs) doc.text = JSON.stringify(given);
  }
  @requests({ on: "/listen" })
  async listen(docs) {
    const seen = [];
    process.on("message", (message) => seen.push(message));
    await new Promise((resolve) => setTimeout(resolve, 300));
    process.removeAllListeners("message");
    process.removeAllListeners();
    for (const doc of docs) doc.text = "seen: " + seen.length;
  }`;
  await folder.write("isolated.ts", executorSource("v1", more));
  await using running = await serveIsolated(folder, [{ name: "one" }]);
  const path = folder.at("flow.ts");
  assertEquals((await running.ask("/args")).text, "[[],[]]", path);
  const listening = running.ask("/listen");
  for (let count = 0; count < 5; count++) await running.ask("/");
  assertEquals((await listening).text, "seen: 0");
  const pid = (await running.ask("/")).text;
  for (let count = 0; count < 5; count++) assertEquals((await running.ask("/")).text, pid);
});

Deno.test("a close() that loops is ended after stuckAfter", async () => {
  await using folder = await TempFolder.make();
  await folder.write("isolated.ts", executorSource("v1", "  close() { for (;;); }"));
  await using running = await serveIsolated(folder, [{ name: "one", reload: true }]);
  const pid = Number((await running.ask("/")).text.split(" ").at(-1));
  await folder.write("isolated.ts", executorSource("v2"));
  await running.log.waitFor(/close\(\) of version 1 failed: it did not yield for 400 ms/);
  await until("the process is gone", async () => !await isAlive(pid));
  assertMatch((await running.ask("/")).text, /^v2/);
});
