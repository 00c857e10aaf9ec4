import type { FlowOptions } from "../../mod.ts";
import { Served } from "../flow/_serve.ts";
import { Ways } from "./_executors.ts";

/** Runs a Flow whose requests are logged. */
export async function logged(options: FlowOptions, run: (served: Served) => Promise<void>): Promise<void> {
  Deno.env.set("HOTFLOW_LOG_LEVEL", "debug");
  try {
    await using served = await Served.start({ uses: Ways, name: "ways" }, options);
    await run(served);
  } finally {
    Deno.env.delete("HOTFLOW_LOG_LEVEL");
  }
}
