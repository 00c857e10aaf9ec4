import { Deployment, type DeploymentOptions, type Predecessors } from "../deployment/deployment.ts";
import { entryOf, resolveUses, type Uses, yamlPath } from "../executor/entry.ts";
import type { ExecutorConfig } from "../executor/executor_yaml.ts";
import type { ExecutorSpec } from "../graph/flow_builder.ts";
import type { Logger } from "../log/logger.ts";
import type { FlowSettings } from "../options/settings.ts";
import type { DeploymentSource } from "../reload/reload_manager.ts";
import type { WorkerPools } from "../replica/worker_pools.ts";
import { processOptionsOf } from "../options/isolation.ts";

/** Creates the deployment of an Executor, with the files that it is loaded from. */
export function deploymentSourceOf(
  executor: ExecutorSpec,
  settings: FlowSettings,
  pools: WorkerPools,
  log: Logger,
  predecessors?: Predecessors,
): DeploymentSource {
  const { name, replicas = 1, reload = false, restart = false } = executor;
  // Executors elsewhere have no deployment.
  const uses = executor.uses as Uses | ExecutorConfig;
  const isReloaded = reload !== false;
  const isConfig = typeof uses === "object" && "jtype" in uses;
  const yaml = restart && !isConfig ? yamlPath(uses) : undefined;
  if (restart && yaml === undefined) {
    log.warning(
      `${name}: \`restart\` follows the Executor's YAML, and \`uses\` names none; \`reload\` follows its source`,
    );
  }
  const options: DeploymentOptions = {
    name,
    replicas,
    standbys: restart || (isReloaded && reload !== "in-place") ? replicas : 0,
    reloadMode: typeof reload === "string" ? reload : "auto",
    loadMs: settings.loadTimeout,
    handoverMs: settings.handoverTimeout,
    exclusiveMs: settings.exclusiveTimeout,
    closeMs: settings.closeTimeout,
    remedy: remedyOf(isReloaded, yaml),
    ...(predecessors && { predecessors }),
  };
  return {
    deployment: new Deployment(options, pools.of(name, processOptionsOf(executor)), log),
    entry: undefined,
    resolve: async () => isConfig ? entryOf(uses, executor) : await resolveUses(uses, executor),
    reload: isReloaded,
    ...(yaml !== undefined && { yaml }),
  };
}

/** What brings a deployment back that is down, for its users. */
function remedyOf(isReloaded: boolean, yaml: string | undefined): string {
  const followed = [...(isReloaded ? ["its source"] : []), ...(yaml === undefined ? [] : [yaml])];
  return followed.length > 0
    ? `It comes back with the next good save of ${followed.join(" or of ")}.`
    : "Restart the Flow to bring it back; with `reload: true` a save would.";
}
