/** gRPC in the npm package, next to a program's own grpc-js. */
import { assertEquals } from "@std/assert";
import { RUNTIMES } from "../../tools/runtimes.ts";
import { installed, pathOf, run } from "./_installed.ts";

const SCRIPT = `import { experimental, logVerbosity } from "@grpc/grpc-js";
import { Flow } from "hotflow";
const flow = await new Flow({ protocol: "grpc", port: 0 }).add({ uses: "./mine.js" }).start();
const second = new Flow({ protocol: "grpc", port: flow.port }).add({ uses: "./mine.js" });
console.log(await second.start().catch(({ code }) => code));
experimental.log(logVerbosity.ERROR, "the program's own error");
await flow.close();
`;

const EXECUTOR = `import { Executor } from "hotflow";
export class Mine extends Executor {
  static requests = { default: "handle" };
  handle() {}
}
`;

for (const runtime of RUNTIMES) {
  Deno.test(`${runtime}: grpc-js logs a program's own errors, and not that hotflow's port is in use`, async () => {
    await using folder = await installed();
    await folder.write("mine.js", EXECUTOR);
    await folder.write("flow.js", SCRIPT);
    const { stdout, stderr } = await run([await pathOf(runtime), "flow.js"], folder.path);
    assertEquals(stdout, "LISTEN_FAILED", stderr);
    assertEquals(stderr.split("\n").filter((line) => line.startsWith("E ")), ["E the program's own error"]);
  });
}
