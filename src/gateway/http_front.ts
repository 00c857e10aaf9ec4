import type { Logger } from "../log/logger.ts";
import { runtime } from "../runtime/mod.ts";
import { createGateway, type GatewayOptions } from "./app.ts";
import type { Backend } from "./backend.ts";
import { type Front, listening, type OpenFront } from "./front.ts";
import { hiddenEndpoints } from "./routes.ts";

/** How HTTP is served. */
export interface HttpFrontOptions extends Omit<GatewayOptions, "onError"> {
  readonly host: string;
  /** The port; 0 for one that is free. */
  readonly port: number;
}

/** Serves a Flow over HTTP, in Jina's form of JSON. */
export class HttpFront implements Front {
  constructor(private readonly options: HttpFrontOptions, private readonly log: Logger) {}

  async start(backend: Backend): Promise<OpenFront> {
    const onError = (error: Error) => this.log.named("gateway").error(String(error.stack));
    const app = createGateway(backend, { ...this.options, onError });
    const { host, port } = this.options;
    const handler = (request: Request) => app.fetch(request);
    const listener = await listening(host, port, () => runtime.serve({ hostname: host, port }, handler));
    for (const [endpoint, why] of hiddenEndpoints(backend.endpoints)) {
      this.log.warning(`the endpoint ${endpoint} ${why}: it is reachable through POST /post only`);
    }
    return listener;
  }
}
