/** The connection between the Flow and a process: what cannot be sent, and what happens when it fails. */
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { ENTRY } from "../../src/replica/worker_launcher.ts";
import { runtime } from "../../src/runtime/mod.ts";
import { target } from "../support/target.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { executorSource, serveIsolated, until } from "./_isolated.ts";

/** Values that structured clones have, but that no other process can read. */
const UNSENDABLE = {
  "a function": "() => {}",
  "a WebAssembly.Module": "new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))",
  // Bun copies it.
  ...(target.name !== "bun" && { "a SharedArrayBuffer": "new SharedArrayBuffer(8)" }),
};

for (const [what, value] of Object.entries(UNSENDABLE)) {
  Deno.test(`${what} in a state that a process saves fails the hand-over only`, async () => {
    await using folder = await TempFolder.make();
    const saving = `  saveState() { return { deep: [{ value: ${value} }] }; }\n  restoreState() {}`;
    await folder.write("isolated.ts", executorSource("v1", saving));
    await using running = await serveIsolated(folder, [{ name: "one", reload: true }]);
    const slow = running.ask("/slow");
    await running.printed(/waiting/);
    await folder.write("isolated.ts", executorSource("v2", saving));
    await running.log.waitFor(/STATE_NOT_SAVED|saveState\(\) failed/);
    const { text } = await slow;
    assertMatch(text, /^waited \d+$/);
    assertEquals((await running.ask("/")).text, text.replace("waited", "v1"));
    await folder.write("isolated.ts", executorSource("v2"));
    await until("the new version serves", async () => /^v2 \d+$/.test((await running.ask("/")).text));
  });

  Deno.test(`a process whose code sends ${what} to its parent is told, and serves on`, async () => {
    await using folder = await TempFolder.make();
    const sending = `  @requests({ on: "/send" })
  send() { process.send({ value: ${value} }); }`;
    await folder.write("isolated.ts", executorSource("v1", sending));
    await using running = await serveIsolated(folder, [{ name: "one" }]);
    const { text } = await running.ask("/");
    const slow = running.ask("/slow");
    await running.printed(/waiting/);
    const { status, body } = await running.ask("/send");
    assertEquals(status, 500);
    assertMatch(body, /DataCloneError/);
    assertMatch((await slow).text, /^waited \d+$/);
    assertEquals((await running.ask("/")).text, text);
  });
}

const onLinux = { ignore: target.name !== "deno" || Deno.build.os !== "linux" };

/** Ends the connections behind some file descriptors, as a native addon may. */
const CUTTING = `  @requests({ on: "/cut" })
  cut(docs) {
    const { symbols } = Deno.dlopen("libc.so.6", { shutdown: { parameters: ["i32", "i32"], result: "i32" } });
    for (const fd of JSON.parse(docs[0].text)) symbols.shutdown(fd, 2);
    for (;;);
  }`;

Deno.test("a process that lives on without its connection is replaced", onLinux, async () => {
  await using folder = await TempFolder.make();
  await folder.write("isolated.ts", executorSource("v1", CUTTING));
  await using running = await serveIsolated(folder, [{ name: "one" }], { stuckAfter: 60_000 });
  const { text } = await running.ask("/");
  const { status, body } = await running.ask("/cut", "[3]");
  assertEquals(status, 503);
  assertMatch(body, /closed its connection to the Flow/);
  await until("a new process answers", async () => (await running.ask("/")).status === 200);
  assertNotEquals((await running.ask("/")).text, text);
});

Deno.test("a process whose runtime panics says with what", onLinux, async () => {
  await using folder = await TempFolder.make();
  await folder.write("isolated.ts", executorSource("v1", CUTTING));
  await using running = await serveIsolated(folder, [{ name: "one" }]);
  const all = Array.from({ length: 100 }, (_, index) => index + 4);
  const { body } = await running.ask("/cut", JSON.stringify(all));
  assertMatch(body, /ended with exit code \d+: thread .* panicked at .*\.rs:\d+:\d+: \w+/);
});

Deno.test("a process that was ended is known to be gone, even if its end is noticed late", async () => {
  // As a Flow's port does, it keeps this process waiting: what watches the other one does not.
  const hold = setInterval(() => {}, 1_000);
  try {
    const handle = runtime.spawnProcess(ENTRY, {});
    await new Promise((resolve, reject) => {
      handle.onMessage = resolve;
      handle.onDeath = (reason) => reject(new Error(reason));
    });
    const ended = handle.terminate();
    for (const from = performance.now(); performance.now() - from < 1_000;);
    assert(await ended);
  } finally {
    clearInterval(hold);
  }
});
