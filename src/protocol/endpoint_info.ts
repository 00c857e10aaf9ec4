/** An endpoint that an Executor binds. */
export interface EndpointInfo {
  readonly path: string;
  readonly method: string;
  /** What it does, in a few words. */
  readonly summary?: string;
}

/** Which endpoints are bound: those of one Executor, or of a whole Flow. */
export interface Bindings {
  readonly endpoints: readonly EndpointInfo[];
  /** Whether a default handler answers all other endpoints. */
  readonly hasDefault: boolean;
}

/** Whether an endpoint is bound by its own name. */
export function isListed(endpoint: string, { endpoints }: Bindings): boolean {
  return endpoints.some(({ path }) => path === endpoint);
}

/** Whether some handler answers an endpoint. */
export function isBound(endpoint: string, bindings: Bindings): boolean {
  return bindings.hasDefault || isListed(endpoint, bindings);
}
