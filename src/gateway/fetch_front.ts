import { RunningCount } from "../async/running_count.ts";
import { isTimedOut } from "../async/deadline.ts";
import type { Logger } from "../log/logger.ts";
import { createGateway, type GatewayOptions } from "./app.ts";
import type { Backend } from "./backend.ts";
import type { Front, OpenFront } from "./front.ts";
import { detail, unavailable } from "./respond.ts";
import { traced } from "./_traced.ts";
import { isUpgrade } from "./websocket.ts";

/** How requests of another app are served; it checks their hosts itself. */
export type FetchFrontOptions = Omit<GatewayOptions, "onError" | "onGrpc" | "localOnly">;

/** The app of a gateway. */
type App = ReturnType<typeof createGateway>;

/** Serves requests that the app around a Flow passes on, without a port. */
export class FetchFront implements Front {
  readonly #running = new RunningCount();
  /** Creates the app with the first request; left out while none is taken. */
  #app?: () => App;
  #backend?: Backend;

  constructor(private readonly options: FetchFrontOptions, private readonly log: Logger) {}

  start(backend: Backend): Promise<OpenFront> {
    const onError = (error: Error) => this.log.named("gateway").error(String(error.stack));
    let app: App | undefined;
    this.#backend = backend;
    this.#app = () => app ??= createGateway(backend, { ...this.options, localOnly: false, onError });
    const close = async (graceMs: number) => {
      this.#app = undefined;
      await isTimedOut(graceMs, this.#running.idle());
    };
    return Promise.resolve({ close });
  }

  /** Answers a request; with 503 before the start and after the end. */
  async fetch(request: Request): Promise<Response> {
    const app = this.#app?.();
    if (app === undefined) return unavailable();
    if (isUpgrade(request)) {
      return detail(
        501,
        "Not Implemented: flow.fetch() has no WebSocket; let the Flow listen on a port for it",
      );
    }
    this.#running.begin();
    try {
      return await traced(request, () => app.fetch(request), this.#backend, this.options.exposed);
    } finally {
      this.#running.end();
    }
  }
}
