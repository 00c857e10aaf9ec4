/** The answer to a gRPC client that has come to the port of HTTP: headers only, which it reads as a status. @module */

const HEADERS = {
  "content-type": "application/grpc",
  "grpc-status": "12",
  "grpc-message": 'this port of the Flow serves HTTP; give the Flow protocol: "grpc" to serve gRPC',
};

/** Whether a request is a call of gRPC. */
export function isGrpc(request: Request): boolean {
  return request.headers.get("content-type")?.startsWith("application/grpc") ?? false;
}

/** `UNIMPLEMENTED`, with what to do. */
export function refuseGrpc(): Response {
  return new Response(null, { headers: HEADERS });
}
