import type { Deployment } from "../deployment/deployment.ts";
import type { ErrorInfo } from "../errors/mod.ts";
import type { Version } from "../deployment/version.ts";
import type { FlowYamlTarget } from "./flow_yaml_target.ts";
import type { NodeSpec } from "../graph/graph_diagnostics.ts";
import type { DeploymentStatus, ErrorStatus, FlowStatus, VersionStatus } from "./status.ts";
import type { Topology } from "./topology_manager.ts";

/**
 * Reports the status of a Flow.
 *
 * @param topology The topology that serves.
 * @param watchedFor Returns what is watched for a deployment.
 * @param polled Whether files are polled.
 * @param yaml The YAML whose changes are applied.
 */
export function statusOf(
  { executors, deployments }: Topology,
  watchedFor: (deployment: Deployment) => readonly string[],
  polled: boolean,
  yaml?: FlowYamlTarget,
): FlowStatus {
  return {
    deployments: deployments.map((deployment, at) =>
      deploymentStatus(executors[at], deployment, watchedFor(deployment))
    ),
    polled,
    ...(yaml !== undefined && yamlStatus(yaml)),
  };
}

function yamlStatus(
  { path, lastError, history }: FlowYamlTarget,
): Pick<FlowStatus, "yaml" | "lastError" | "history"> {
  return {
    yaml: path,
    lastError: lastError === undefined ? null : {
      ...errorStatus(lastError.info),
      at: lastError.at,
      problems: lastError.problems.map(({ path, message, place }) => ({ path, message, ...place })),
    },
    history: [...history],
  };
}

function deploymentStatus(
  { needs }: NodeSpec,
  deployment: Deployment,
  watched: readonly string[],
): DeploymentStatus {
  const { name, serving, loading, draining, history, downReason } = deployment;
  const { lastError } = history;
  return {
    name,
    needs,
    state: downReason === undefined ? "serving" : "down",
    executor: serving?.loaded?.className ?? null,
    endpoints: [
      ...deployment.endpoints.map(({ path }) => path),
      ...(deployment.hasDefault ? ["default"] : []),
    ],
    watched,
    version: serving?.number ?? null,
    versions: [serving, loading, ...draining].filter((version) => version !== undefined)
      .map((version) => versionStatus(name, version)),
    lastError: lastError === undefined ? null : { ...errorStatus(lastError.info), at: lastError.at },
    history: history.all.map(({ error, ...record }) => ({
      ...record,
      ...(error && { error: errorStatus(error) }),
    })),
  };
}

function versionStatus(deployment: string, { number, state, replicas }: Version): VersionStatus {
  return {
    number,
    state,
    replicas: replicas.map((replica, index) => ({
      name: `${deployment}/rep-${index}`,
      state: replica.state,
      stuck: replica.stuck,
      calls: replica.calls,
    })),
  };
}

function errorStatus({ stack: _, place, ...info }: ErrorInfo): ErrorStatus {
  return { ...info, ...place };
}
