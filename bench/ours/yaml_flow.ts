import { Flow } from "../../mod.ts";

const loaded = await Flow.load(new URL("./flow.yml", import.meta.url), { port: 0, reload: true });
await using flow = await loaded.start();
// deno-lint-ignore no-console
console.log(flow.port);
await flow.block();
