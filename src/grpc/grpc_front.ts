import type { Backend } from "../gateway/backend.ts";
import { type Front, listening, type OpenFront } from "../gateway/front.ts";
import type { Logger } from "../log/logger.ts";
import { GrpcServer } from "./_grpc_server.ts";
import { addJinaServices } from "./_jina_services.ts";
import { addDiscovery } from "./discovery.ts";
import { addDryRun } from "./dry_run.ts";
import { addHealth } from "./health.ts";
import { addInfo } from "./info.ts";
import { addReflection } from "./reflection.ts";
import type { AddService } from "./service_adder.ts";

/** How gRPC is served. */
export interface GrpcFrontOptions {
  readonly host: string;
  /** The port; 0 for one that is free. */
  readonly port: number;
  /** The largest request, in bytes, before and after it is decompressed. */
  readonly bodyLimit: number;
  /** How long a request may take, in milliseconds. */
  readonly timeout?: number;
}

/** The services beside those that take documents. */
const SERVICES: readonly AddService[] = [addDryRun, addDiscovery, addInfo, addHealth, addReflection];

/** Serves a Flow over gRPC, as a gateway and as an Executor of Jina. */
export class GrpcFront implements Front {
  constructor(private readonly options: GrpcFrontOptions, private readonly log: Logger) {}

  async start(backend: Backend): Promise<OpenFront> {
    const { host, port, bodyLimit, timeout } = this.options;
    const server = new GrpcServer(bodyLimit, this.log.named("gateway"));
    addJinaServices(server, backend, timeout);
    for (const add of SERVICES) add(server, backend);
    const opened = await listening(host, port, () => server.listen(host, port));
    return { port: opened, close: (graceMs) => server.close(graceMs) };
  }
}
