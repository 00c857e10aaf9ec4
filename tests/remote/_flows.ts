import { type AddOptions, Client, type ExecutorClass, Flow } from "../../mod.ts";

/** An Executor behind a gRPC port, which another Flow calls. */
export async function serveFar(uses: ExecutorClass, port = 0) {
  const flow = await new Flow({ protocol: "grpc", port, log: () => {} }).add({ uses, name: uses.name })
    .start();
  return {
    flow,
    port: flow.port,
    address: `grpc://127.0.0.1:${flow.port}`,
    [Symbol.asyncDispose]: () => flow.close(),
  };
}

/** A Flow in front, and a client of it. */
export async function serveFront(protocol: "http" | "grpc", ...executors: AddOptions[]) {
  const flow = new Flow({ protocol: ["http", "grpc"], port: 0, log: () => {} });
  for (const executor of executors) flow.add(executor);
  await flow.start();
  const client = new Client({ protocol, port: flow.ports[protocol === "http" ? 0 : 1] });
  return { flow, client, [Symbol.asyncDispose]: () => flow.close() };
}
