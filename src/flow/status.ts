import type { Deployment } from "../deployment/deployment.ts";
import type { ErrorInfo } from "../errors/mod.ts";
import type { Version } from "../deployment/version.ts";
import type { FlowYamlTarget } from "./flow_yaml_target.ts";
import type { NodeSpec } from "../graph/node_spec.ts";
import type { Topology } from "./topology_manager.ts";

/** What `GET /status` shows of a Flow: its Executors, in the order they were added, and its YAML if it follows one. */
export function statusOf(
  { executors, deployments }: Topology,
  watchedFor: (deployment: Deployment) => readonly string[],
  yaml?: FlowYamlTarget,
): unknown {
  return {
    deployments: deployments.map((deployment, at) =>
      deploymentStatus(executors[at], deployment, watchedFor(deployment))
    ),
    ...(yaml !== undefined && yamlStatus(yaml)),
  };
}

function yamlStatus({ path: file, lastError, history }: FlowYamlTarget): Record<string, unknown> {
  return {
    yaml: file,
    lastError: lastError === undefined ? null : {
      ...errorStatus(lastError.info),
      at: lastError.at,
      problems: lastError.problems.map(({ path, message, place }) => ({ path, message, ...place })),
    },
    history,
  };
}

function deploymentStatus({ needs }: NodeSpec, deployment: Deployment, watched: readonly string[]): unknown {
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

function versionStatus(deployment: string, { number, state, replicas }: Version): unknown {
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

function errorStatus({ name, message, place, snippet }: ErrorInfo): Record<string, unknown> {
  return { name, message, ...place, ...(snippet !== undefined && { snippet }) };
}
