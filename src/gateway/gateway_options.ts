import type { MiddlewareHandler } from "hono";
import type { SocketServer } from "../runtime/mod.ts";
import type { ExposedRoute } from "./routes.ts";

/** What handlers get with each request: what the runtime passes, and when the request came, if middleware runs first. */
export type Env = { Bindings: SocketServer; Variables: { startedAt?: number } };

/** Which requests the gateway answers. */
export interface GatewayOptions {
  /** The largest body, in bytes, before and after it is inflated. */
  readonly bodyLimit: number;
  /** How long a request may take, in milliseconds. */
  readonly timeout?: number;
  /** The host that it listens on. */
  readonly host?: string;
  /** Whether only requests to a local `Host` are answered. */
  readonly localOnly: boolean;
  /** Whether an app around the gateway gives pages of other origins their permission. */
  readonly isMounted?: boolean;
  /** Whether pages of other origins may send requests, without credentials; otherwise they get 403. */
  readonly cors?: boolean;
  /** Whether browsers get the page, and `/events` is served, if there are events. @default true */
  readonly page?: boolean;
  /** What requests pass after the check of their host. */
  readonly middleware?: readonly MiddlewareHandler[];
  readonly exposed?: readonly ExposedRoute[];
  onError(error: Error): void;
  /** Called when a gRPC client has sent a request, which is refused. */
  onGrpc?(): void;
}
