/** The end of the process after block(): code after it runs, nothing else is waited for, and a second signal is enough. */
import { assert, assertEquals } from "@std/assert";
import { FlowProcess } from "../support/process.ts";
import { FILE } from "../support/reloading.ts";
import { PACKAGE, target } from "../support/target.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { answering, executorWith } from "./_serving.ts";

/** How long a process may take to end that nothing has to be waited for. */
const END_MS = 6_000;
const WAIT = "await new Promise((resolve) => setTimeout(resolve, MS));";
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** What keeps a process alive, at the top level of the Executor's module, which the script imports. */
const HOLDERS = {
  timer: "setInterval(() => {}, 1_000);",
  server: 'import { createServer } from "node:http";\ncreateServer(() => {}).listen(0, "127.0.0.1");',
  listener: 'import { createServer } from "node:net";\ncreateServer(() => {}).listen(0, "127.0.0.1");',
  child: 'import { spawn } from "node:child_process";\nspawn("sleep", ["30"], { stdio: "ignore" });',
};

/** A script that imports an Executor whose module keeps the process alive, and does something after block(). */
async function serve(folder: TempFolder, top: string, then: string, options = {}): Promise<FlowProcess> {
  // In the workers, nothing is to be left behind.
  const held = top.replace(/^(?!import)(.+)$/m, "if (globalThis.isScript) $1");
  await folder.write("is_script.ts", "globalThis.isScript = true;\n");
  await folder.write(FILE, executorWith(`${answering("v1")}${CLOSES}`, held));
  return await blocking(
    folder,
    `import "./is_script.ts";
import process from "node:process";
import { Flow } from ${JSON.stringify(PACKAGE)};
import { MyExecutor } from "./${FILE}";
const flow = await new Flow(${JSON.stringify({ port: 0, ...options })}).add({ uses: MyExecutor }).start();
console.log(flow.port);
${then}
`,
  );
}

/** Starts a script; it blocks by the time that its Flow answers. */
async function blocking(
  folder: TempFolder,
  script: string,
  command?: readonly string[],
): Promise<FlowProcess> {
  const running = await FlowProcess.serve(folder, script, "flow.ts", command);
  assertEquals((await running.ask()).text, "v1");
  return running;
}

const CLOSES = `  close() { this.logger.info("the Executor is closed"); }\n`;

for (const [name, holder] of Object.entries(HOLDERS)) {
  Deno.test(`a ${name} of a module: after a signal, code after block() runs, then the process ends`, async () => {
    await using folder = await TempFolder.make();
    const then = `await flow.block();\n${WAIT.replace("MS", "1_500")}\nconsole.log("cleaned up");`;
    await using running = await serve(folder, holder, then);
    running.signal("SIGINT");
    await running.log.waitFor(/INFO executor0\/rep-0 the Executor is closed/);
    await running.printed(/cleaned up/);
    await running.log.waitFor(/INFO Flow the process ends now: the Flow is closed, and something else/);
    assertEquals(await running.exited(END_MS), 0);
  });
}

Deno.test("a timer of a module, block() in a function that no top level awaits: the process ends", async () => {
  await using folder = await TempFolder.make();
  const then = `async function main() {
  await flow.block();
  ${WAIT.replace("MS", "3_500")}
  console.log("cleaned up");
}
main();`;
  await using running = await serve(folder, HOLDERS.timer, then);
  running.signal("SIGTERM");
  await running.printed(/cleaned up/);
  assertEquals(await running.exited(END_MS), 0);
});

Deno.test("nothing keeps the process alive: it ends by itself, without a word", async () => {
  await using folder = await TempFolder.make();
  await using running = await serve(folder, "", `await flow.block();\nconsole.log("cleaned up");`);
  running.signal("SIGTERM");
  assertEquals(await running.exited(END_MS), 0);
  assertEquals(running.log.count(/the process ends now/), 0);
});

Deno.test("a script that sets an exit code after block() ends with it", async () => {
  await using folder = await TempFolder.make();
  await using running = await serve(folder, HOLDERS.timer, "await flow.block();\nprocess.exitCode = 7;");
  running.signal("SIGTERM");
  assertEquals(await running.exited(END_MS), 7);
});

Deno.test("a script that fails after block() ends with code 1", async () => {
  await using folder = await TempFolder.make();
  await using running = await serve(folder, HOLDERS.timer, `await flow.block();\nthrow new Error("broken");`);
  running.signal("SIGTERM");
  assertEquals(await running.exited(END_MS), 1);
});

Deno.test("all that was written is out when the process ends", async () => {
  await using folder = await TempFolder.make();
  const then = `await flow.block();
process.stdout.write(("x".repeat(99) + "\\n").repeat(20_000));
process.stdout.write("the last line\\n");`;
  await using running = await serve(folder, HOLDERS.timer, then);
  running.signal("SIGTERM");
  await running.printed(/the last line/);
  assertEquals(await running.exited(END_MS), 0);
});

Deno.test("a Flow that the script closes itself leaves the process as it is", async () => {
  await using folder = await TempFolder.make();
  const then = `process.once("SIGUSR2", () => flow.close());
await flow.block();
setTimeout(() => (console.log("still here"), process.exit(5)), 1_500);`;
  await using running = await serve(folder, HOLDERS.timer, then);
  running.signal("SIGUSR2");
  await running.printed(/still here/);
  assertEquals(await running.exited(END_MS), 5);
});

Deno.test("two Flows that are blocked on: the process ends when both are closed", async () => {
  await using folder = await TempFolder.make();
  await folder.write(
    "slow.ts",
    executorWith(`${answering("v1")}
  async close() { ${WAIT.replace("MS", "1_500")} this.logger.info("the slow one is closed"); }`),
  );
  const then = `const slow = await new Flow({ port: 0 }).add({ uses: "./slow.ts" }).start();
slow.block();
flow.block();
console.log("both");`;
  await using running = await serve(folder, HOLDERS.timer, then);
  await running.printed(/both/);
  running.signal("SIGTERM");
  await running.log.waitFor(/the slow one is closed/);
  assertEquals(await running.exited(END_MS), 0);
});

for (const signal of SIGNALS) {
  Deno.test(`${signal} closes the Executors, and a second one ends the process at once`, async () => {
    await using folder = await TempFolder.make();
    const then = `await flow.block();\nconsole.log("closed");\nawait new Promise(() => {});`;
    await using running = await serve(folder, HOLDERS.timer, then);
    running.signal(signal);
    await running.log.waitFor(new RegExp(`INFO Flow ${signal}: closing`));
    await running.log.waitFor(/INFO executor0\/rep-0 the Executor is closed/);
    await running.printed(/closed/);
    const from = performance.now();
    const again = setInterval(() => running.signal(signal), 50);
    assertEquals(await running.exited(END_MS).finally(() => clearInterval(again)), CODES[signal]);
    assert(performance.now() - from < 2_500);
  });
}

/** What a worker may be at when a signal comes, so that nothing ends it. */
const DEEDS = {
  "loops": "for (;;);",
  "waits in native code": `execSync("sleep 30");`,
  "never ends its close()": "",
};

for (const [name, deed] of Object.entries(DEEDS)) {
  Deno.test(`a worker that ${name}: one signal ends the process, and so does a second one`, async () => {
    await using folder = await TempFolder.make();
    const source = executorWith(
      `${answering("v1")}
  @requests({ on: "/do" })
  work() { this.logger.info("at it"); setImmediate(() => { ${deed} }); }
  close() { return new Promise(() => {}); }`,
      `import { execSync } from "node:child_process";\nimport { setImmediate } from "node:timers";`,
    );
    await folder.write(FILE, source);
    const script = `import { Flow } from ${JSON.stringify(PACKAGE)};
const options = { port: 0, closeTimeout: 500 };
const flow = await new Flow(options).add({ uses: "./${FILE}" }).start();
console.log(flow.port);
await flow.block();
console.log("after block");
`;
    await using once = await blocking(folder, script);
    await once.ask("/do");
    await once.log.waitFor(/at it/);
    once.signal("SIGTERM");
    await once.printed(/after block/);
    await once.exited(END_MS);

    await using twice = await blocking(folder, script.replace("500", "60_000"));
    twice.ask("/do").catch(() => {});
    await twice.log.waitFor(/at it/);
    twice.signal("SIGTERM");
    await twice.log.waitFor(/SIGTERM: closing/);
    const again = setInterval(() => twice.signal("SIGTERM"), 50);
    assertEquals(await twice.exited(END_MS).finally(() => clearInterval(again)), 143);
  });
}

Deno.test({
  name: "SIGHUP that was ignored when the process began stays ignored",
  // Node undoes that itself when it starts.
  ignore: Deno.build.os !== "linux" || target.name.startsWith("node"),
  async fn() {
    await using folder = await TempFolder.make();
    await folder.write(FILE, executorWith(answering("v1")));
    await folder.write(
      "early.ts",
      `import { readFileSync } from "node:fs";
const [, mask] = /SigIgn:\\s*(\\w+)/.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
console.log(Number.parseInt(mask, 16) % 2 === 1 ? "SIGHUP is ignored" : "SIGHUP is handled");
`,
    );
    const script = `import "./early.ts";
import { Flow } from ${JSON.stringify(PACKAGE)};
const flow = await new Flow({ port: 0 }).add({ uses: "./${FILE}" }).start();
console.log(flow.port);
await flow.block();
`;
    const command = ["sh", "-c", `trap "" HUP; exec "$@"`, "sh", ...target.command];
    await using running = await blocking(folder, script, command);
    // Deno sets a handler of its own after half a second: on a machine that is so slow, it cannot be known any more.
    if ((await running.printed(/^INFO - SIGHUP is/)).message === "SIGHUP is handled") return;
    running.signal("SIGHUP");
    assertEquals((await running.ask()).text, "v1");
    running.signal("SIGTERM");
    assertEquals(await running.exited(END_MS), 0);
    assertEquals(running.log.count(/SIGHUP/), 0);
  },
});
