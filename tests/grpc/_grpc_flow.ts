/** A Flow's Executors behind the gRPC front. @module */
import type { AddOptions, FlowOptions } from "../../mod.ts";
import { CancelToken } from "../../src/async/cancel_token.ts";
import { newId } from "../../src/document/ids.ts";
import type { ExecutorSpec } from "../../src/graph/flow_builder.ts";
import { FlowBuilder } from "../../src/graph/flow_builder.ts";
import type { Graph } from "../../src/graph/graph.ts";
import { TopologyManager } from "../../src/flow/topology_manager.ts";
import type { Backend, FlowAnswer } from "../../src/gateway/backend.ts";
import type { OpenFront } from "../../src/gateway/front.ts";
import { GrpcFront } from "../../src/grpc/grpc_front.ts";
import { Logger } from "../../src/log/logger.ts";
import { settingsOf } from "../../src/options/settings.ts";
import { threadLauncher } from "../../src/replica/worker_launcher.ts";
import { LogTrap } from "../support/log_trap.ts";

/** The Executors of a Flow, and the front; closed at the end of the block. */
export class GrpcFlow implements AsyncDisposable {
  private constructor(
    readonly log: LogTrap,
    private readonly topologies: TopologyManager,
    private readonly backend: Backend,
    private readonly front: OpenFront,
  ) {}

  static async start(adds: AddOptions | AddOptions[], options: FlowOptions = {}): Promise<GrpcFlow> {
    const trap = new LogTrap();
    const log = new Logger("Flow", trap.sink);
    const settings = settingsOf({ port: 0, ...options });
    const { executors, graph } = built(adds);
    const topologies = new TopologyManager(executors, graph, settings, log, false, threadLauncher);
    await topologies.reloads.start();
    const backend: Backend = {
      get endpoints() {
        return topologies.current.pipeline.endpoints;
      },
      get hasDefault() {
        return topologies.current.pipeline.hasDefault;
      },
      get downReason() {
        return topologies.current.pipeline.downReason;
      },
      onChange: (callback) => topologies.onChange(callback),
      run: (request, context) => topologies.run(request, context),
      status: () => ({}),
    };
    const front = await new GrpcFront({ ...settings, port: 0 }, log).start(backend);
    return new GrpcFlow(trap, topologies, backend, front);
  }

  get port(): number {
    return this.front.port ?? 0;
  }

  /** Sends one document to an endpoint. */
  run(endpoint: string): Promise<FlowAnswer> {
    const request = { body: '{"data": [{}]}', endpoint };
    return this.backend.run(request, { id: newId(), cancel: new CancelToken() });
  }

  /** Replaces the Executors, as a change of a Flow's YAML does. */
  async change(adds: AddOptions | AddOptions[]): Promise<void> {
    const { executors, graph } = built(adds);
    await this.topologies.change(executors, graph, new AbortController().signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.topologies.settle();
    await this.front.close(1_000);
    await this.topologies.close();
    await this.topologies.pool.close();
  }
}

function built(adds: AddOptions | AddOptions[]): { executors: readonly ExecutorSpec[]; graph: Graph } {
  const builder = new FlowBuilder();
  for (const add of [adds].flat()) builder.add(add);
  return { executors: builder.executors, graph: builder.graph() };
}
