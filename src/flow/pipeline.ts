import type { Deployment } from "../deployment/deployment.ts";
import { DownError, type ErrorInfo } from "../errors/mod.ts";
import type { FlowAnswer, FlowRequest, Route } from "../gateway/backend.ts";
import type { Call, CallAnswer } from "../worker/protocol.ts";

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
  async run(request: FlowRequest, signal?: AbortSignal): Promise<FlowAnswer> {
    const routes: Route[] = [];
    const results: [string, string][] = [];
    let call: Call = request;
    let last: Done | undefined;
    for (const deployment of this.deployments) {
      const startTime = new Date();
      const route = (error?: ErrorInfo) =>
        routes.push({ executor: deployment.name, startTime, endTime: new Date(), error });
      const step = await this.#step(deployment, call, signal);
      if (step.kind === "invalid" || step.kind === "down") return step;
      if (step.kind === "broken") {
        route(step.error);
        const error = { info: step.error, executor: deployment.name, status: step.status };
        return {
          kind: "done",
          routes,
          results,
          docs: last?.docs,
          body: request.body,
          envelope: last?.envelope,
          request,
          error,
        };
      }
      const { answer, replica } = step;
      const { endpoint } = answer.envelope;
      if (
        last === undefined && answer.outcome === "unbound" && !this.hasDefault &&
        !this.endpoints.has(endpoint)
      ) {
        return { kind: "unbound", endpoint };
      }
      route(answer.error);
      if (answer.result !== undefined) results.push([`${deployment.name}/rep-${replica}`, answer.result]);
      last = answer;
      if (answer.error !== undefined) {
        const executor = deployment.serving?.loaded?.className ?? deployment.name;
        return done({ info: answer.error, executor, status: 500 });
      }
      call = { body: answer.docs, requestId: answer.envelope.requestId, envelope: answer.envelope };
    }
    return done();

    function done(error?: Extract<FlowAnswer, { kind: "done" }>["error"]): FlowAnswer {
      return {
        kind: "done",
        routes,
        results,
        docs: last?.docs,
        body: request.body,
        envelope: last?.envelope,
        request,
        error,
      };
    }
  }

  async #step(deployment: Deployment, call: Call, signal?: AbortSignal): Promise<Step> {
    try {
      const { answer, replica } = await deployment.call(call, signal);
      return answer.kind === "invalid" ? answer : { kind: "done", answer, replica };
    } catch (error) {
      if (error instanceof DownError) return { kind: "down", reason: error.message };
      const late = signal?.aborted === true && (signal.reason as Error)?.name === "TimeoutError";
      const { name, message } = error as Error;
      return { kind: "broken", error: { name, message, stack: "" }, status: late ? 504 : 500 };
    }
  }
}

type Done = Extract<CallAnswer, { kind: "done" }>;

type Step =
  | Extract<CallAnswer, { kind: "invalid" }>
  | { readonly kind: "down"; readonly reason: string }
  | { readonly kind: "broken"; readonly error: ErrorInfo; readonly status: 500 | 504 }
  | { readonly kind: "done"; readonly answer: Done; readonly replica: number };
