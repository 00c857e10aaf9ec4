// The least that grpc-js can do with a request.
import { Server, ServerCredentials, type ServiceDefinition } from "@grpc/grpc-js";
import type { Buffer } from "node:buffer";

const same = (bytes: Buffer) => bytes;
const service: ServiceDefinition = {
  echo: {
    path: "/jina.JinaSingleDataRequestRPC/process_single_data",
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  },
};
const server = new Server({ "grpc.max_receive_message_length": -1 });
server.addService(service, {
  echo: (call: { request: Buffer }, answer: (error: null, bytes: Buffer) => void) =>
    answer(null, call.request),
});
const address = `127.0.0.1:${Deno.env.get("PORT") ?? 0}`;
server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  // deno-lint-ignore no-console -- its reader takes the line from standard output
  console.log(port);
});
