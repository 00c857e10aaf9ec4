import type { Connection } from "./_connection.ts";
import { HttpTransport } from "./_http_transport.ts";
import type { Transport } from "./_transport.ts";

/** Returns the transport of a connection when it is called. Those that are not HTTP's are imported by the first call. */
export function transportOf(connection: Connection): () => Transport | Promise<Transport> {
  const { protocol, address, headers } = connection;
  if (protocol === "http") {
    const transport = new HttpTransport(address, headers);
    return () => transport;
  }
  let loading: Promise<Transport> | undefined;
  return () => loading ??= load(connection);
}

async function load(connection: Connection): Promise<Transport> {
  if (connection.protocol === "grpc") {
    // Not literal, for the reason that src/flow/flow_server.ts gives.
    const loaded: typeof import("./_grpc_transport.ts") = await import(
      import.meta.resolve("./_grpc_transport.ts")
    );
    return new loaded.GrpcTransport(connection);
  }
  const { WebSocketTransport } = await import("./_websocket_transport.ts");
  return new WebSocketTransport(connection);
}
