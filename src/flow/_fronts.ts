import type { Front } from "../gateway/front.ts";
import { HttpFront } from "../gateway/http_front.ts";
import type { ExposedRoute } from "../gateway/routes.ts";
import type { Logger } from "../log/logger.ts";
import { type FlowSettings, isLocal } from "../options/settings.ts";

/** The fronts of a Flow. `Flow.port` is the port of the first one; a new front needs an entry here. */
export function frontsOf(
  { host, port, bodyLimit, timeout, cors }: FlowSettings,
  exposed: readonly ExposedRoute[],
  log: Logger,
): readonly Front[] {
  const localOnly = isLocal(host);
  return [new HttpFront({ host, port, bodyLimit, timeout, cors, localOnly, exposed }, log)];
}
