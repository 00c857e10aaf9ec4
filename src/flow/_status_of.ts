import { Deployment } from "../deployment/deployment.ts";
import type { RemoteDeployment } from "../remote/remote_deployment.ts";
import type { ErrorInfo } from "../errors/mod.ts";
import type { Version } from "../deployment/version.ts";
import type { FlowYamlTarget } from "./flow_yaml_target.ts";
import type { ExecutorSpec } from "../graph/flow_builder.ts";
import type { NodeSpec } from "../graph/graph_diagnostics.ts";
import { errorStatus } from "../live/error_status.ts";
import type { DeploymentStatus, ErrorStatus, FlowStatus, VersionStatus } from "../live/status.ts";
import type { Bindings } from "../protocol/endpoint_info.ts";
import type { TopologyManager } from "./topology_manager.ts";

/** Reports the status of a Flow, and of the YAML whose changes are applied. */
export function statusOf(
  topologies: TopologyManager,
  { ports, page }: Pick<FlowStatus, "ports" | "page">,
  yaml?: FlowYamlTarget,
): FlowStatus {
  const { current: { deployments }, polled } = topologies;
  return {
    deployments: deployments.map((_, at) => statusAt(topologies, at)),
    ports,
    page,
    polled,
    ...(yaml !== undefined && yamlStatus(yaml)),
  };
}

/** Reports the status of one deployment; `undefined` when there is none of that name. */
export function statusOfOne(topologies: TopologyManager, name: string): DeploymentStatus | undefined {
  const at = topologies.current.deployments.findIndex((one) => one.name === name);
  return at < 0 ? undefined : statusAt(topologies, at);
}

function statusAt(
  { current: { executors, deployments }, reloads }: TopologyManager,
  at: number,
): DeploymentStatus {
  const deployment = deployments[at];
  return deployment instanceof Deployment
    ? deploymentStatus(executors[at], deployment, reloads.watchedFor(deployment))
    : remoteStatus(executors[at], deployment);
}

function yamlStatus({ path, lastError, history }: FlowYamlTarget): Partial<FlowStatus> {
  const problems = lastError?.problems.map(({ path, message, place }) => ({ path, message, ...place })) ?? [];
  return {
    yaml: path,
    lastError: lastError ? { ...failure(lastError), problems } : null,
    history: [...history],
  };
}

function deploymentStatus(
  { needs, isolation = "thread" }: ExecutorSpec,
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
    isolation,
    endpoints: endpointsOf(deployment),
    watched,
    version: serving?.number ?? null,
    versions: [serving, loading, ...draining].filter((version) => version !== undefined)
      .map((version) => versionStatus(name, version)),
    lastError: lastError ? failure(lastError) : null,
    history: history.all.map(({ error, phases: _, ...record }) => ({
      ...record,
      ...(error && { error: errorStatus(error) }),
    })),
  };
}

/** The status of an Executor elsewhere, which has no versions here. */
function remoteStatus({ needs }: NodeSpec, remote: RemoteDeployment): DeploymentStatus {
  return {
    name: remote.name,
    needs,
    state: remote.downReason === undefined ? "serving" : "down",
    executor: null,
    endpoints: endpointsOf(remote),
    watched: [],
    version: null,
    versions: [],
    lastError: null,
    history: [],
    addresses: remote.status,
  };
}

function endpointsOf({ endpoints, hasDefault }: Bindings): string[] {
  return [...endpoints.map(({ path }) => path), ...(hasDefault ? ["default"] : [])];
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

function failure({ info, at }: { info: ErrorInfo; at: Date }): ErrorStatus & { at: Date } {
  return { ...errorStatus(info), at };
}
