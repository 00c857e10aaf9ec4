import { Flow } from "../../mod.ts";
import { DeviceExecutor } from "./device_executor.ts";

await using flow = await new Flow({ port: 0, protocol: "grpc" }).add({ uses: DeviceExecutor }).start();
// deno-lint-ignore no-console
console.log(flow.port);
await flow.block();
