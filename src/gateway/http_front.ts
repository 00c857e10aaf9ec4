import type { Logger } from "../log/logger.ts";
import { runtime } from "../runtime/mod.ts";
import type { SocketServer } from "../runtime/runtime.ts";
import { createGateway } from "./app.ts";
import type { Backend } from "./backend.ts";
import { type Front, listening, type OpenFront } from "./front.ts";
import type { GatewayOptions } from "./gateway_options.ts";
import { hiddenEndpoints } from "./routes.ts";
import { tracedRequest } from "./_traced.ts";
import { isUpgrade } from "./_upgrade.ts";
import { acceptedAfter, WebSockets } from "./websocket.ts";

/** How HTTP is served. */
export interface HttpFrontOptions extends Omit<GatewayOptions, "onError" | "onGrpc"> {
  readonly host: string;
  /** The port; 0 for one that is free. */
  readonly port: number;
}

/** Serves a Flow over HTTP, in Jina's form of JSON. */
export class HttpFront implements Front {
  constructor(private readonly options: HttpFrontOptions, private readonly log: Logger) {}

  async start(backend: Backend): Promise<OpenFront> {
    const onError = (error: Error) => this.log.named("gateway").error(String(error.stack));
    let isGrpcKnown = false;
    const onGrpc = () => {
      if (!isGrpcKnown) {
        this.log.warning(
          'a gRPC client came to the port of HTTP; give the Flow `protocol: "grpc"` to serve gRPC',
        );
      }
      isGrpcKnown = true;
    };
    const options = { ...this.options, onError, onGrpc };
    const sockets = new WebSockets(backend, options);
    const app = createGateway(backend, options, sockets);
    const { host, port, bodyLimit: maxMessage, middleware = [], exposed = [] } = this.options;
    const address = { hostname: host, port, maxMessage };
    const answer = (request: Request, server: SocketServer) =>
      middleware.length > 0 && isUpgrade(request)
        ? acceptedAfter(server, (deferred) => app.fetch(request, deferred))
        : app.fetch(request, server);
    const listener = await listening(
      host,
      port,
      () =>
        runtime.serve(
          address,
          (request, server) => tracedRequest(request, () => answer(request, server), backend, exposed, true),
        ),
    );
    for (const [endpoint, why] of hiddenEndpoints(backend.endpoints)) {
      this.log.warning(`the endpoint ${endpoint} ${why}: it is reachable through POST /post only`);
    }
    return {
      port: listener.port,
      close(graceMs) {
        sockets.close();
        return listener.close(graceMs);
      },
    };
  }
}
