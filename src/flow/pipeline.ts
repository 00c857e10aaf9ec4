import type { Deployment } from "../deployment/deployment.ts";
import { DownError, type ErrorInfo, formatError } from "../errors/mod.ts";
import type { FlowAnswer, FlowRequest } from "../gateway/backend.ts";
import type { Cancel } from "../runtime/cancel.ts";
import type { Call } from "../worker/protocol.ts";

/** Sends a request through the deployments, one after the other. */
export class Pipeline {
  constructor(private readonly deployments: readonly Deployment[]) {}

  /** The endpoints that some Executor binds now. */
  get endpoints(): Set<string> {
    return new Set(this.deployments.flatMap(({ serving }) => serving?.loaded?.endpoints ?? []));
  }

  /** Whether some Executor answers endpoints that are not bound. */
  get hasDefault(): boolean {
    return this.deployments.some(({ serving }) => serving?.loaded?.hasDefault ?? false);
  }

  /** Why some deployment cannot answer now. */
  get downReason(): string | undefined {
    return this.deployments.map(({ downReason }) => downReason).find((reason) => reason !== undefined);
  }

  /** Never throws: what goes wrong on the way is an answer. */
  async run(request: FlowRequest, cancel?: Cancel): Promise<FlowAnswer> {
    const answer: Progress = { kind: "done", request, routes: [], results: [] };
    let call: Call = request;
    for (const deployment of this.deployments) {
      const startTime = Date.now();
      const route = (error?: ErrorInfo) =>
        answer.routes.push({ executor: deployment.name, startTime, endTime: Date.now(), error });
      try {
        const step = await deployment.call(call, cancel);
        if (step.kind === "invalid") return step;
        if (step.unbound && !this.#binds(step.endpoint)) {
          return { kind: "unbound", endpoint: step.endpoint };
        }
        route(step.error?.info);
        if (step.result !== undefined) answer.results.push(step.result);
        call = { body: step.docs, requestId: step.requestId ?? call.requestId, envelope: step };
        answer.last = call;
        if (step.error === undefined) continue;
        deployment.logger.error(`${step.endpoint} failed: ${formatError(step.error.info)}`);
        answer.error = { ...step.error, status: 500 };
      } catch (error) {
        if (error instanceof DownError) return { kind: "down", reason: error.message };
        const info = { name: (error as Error).name, message: (error as Error).message, stack: "" };
        route(info);
        const status = cancel?.reason?.name === "TimeoutError" ? 504 : 500;
        answer.error = { info, executor: deployment.name, status };
      }
      break;
    }
    return answer;
  }

  #binds(endpoint: string): boolean {
    return this.hasDefault || this.endpoints.has(endpoint);
  }
}

type Progress = Mutable<Extract<FlowAnswer, { kind: "done" }>>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };
