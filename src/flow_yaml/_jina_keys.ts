/** What a flow file of Jina for Python may hold and this one does not, and what to do about it. @module */

const CONTAINERS = "nothing runs in a container here; delete it";
const FIGURES = "GET /status tells how the Flow is, and nothing is exported; delete it";
const GRPC = "HTTP is what is spoken here, also between processes; delete it";
const HUB = "there is no hub here; delete it";
const ELSEWHERE =
  "a Flow runs all of its Executors itself; one that runs elsewhere is called from an Executor, with `Client`";
const MERGED = "branches are merged wherever they meet, by document id; delete it";
const INSIDE = "it belongs to Jina's own processes; delete it";
const LOGS = "the environment variable HOTFLOW_LOG_LEVEL sets the level; delete it";
const TLS = "put a proxy that speaks TLS in front; delete it";
const SHARDS = "documents are not split over shards; `replicas` share the requests among them";
const STATE = "there is no consensus between replicas here; delete it";
const STEP = "add it to `executors` as one of its own, and name it in `needs`";

const ADVICE: Readonly<Record<string, string>> = {
  ...all(
    "docker_kwargs docker_args volumes gpus entrypoint disable_auto_volume force_network_mode",
    CONTAINERS,
  ),
  ...all(
    "image_pull_secrets env_from_secret k8s_namespace upload_files read_only",
    CONTAINERS,
  ),
  ...all("external host_in port_in ports peas", ELSEWHERE),
  ...all("monitoring port_monitoring metrics metrics_exporter_host metrics_exporter_port", FIGURES),
  ...all("tracing traces_exporter_host traces_exporter_port", FIGURES),
  ...all("grpc_metadata grpc_server_options grpc_channel_options compression prefetch proxy", GRPC),
  ...all("install_requirements force_update prefer_platform provider provider_endpoint jcloud", HUB),
  ...all(
    "connection_list deployment_role pod_role runtime_cls native shard_id replica_id workspace_id",
    INSIDE,
  ),
  ...all(
    "deployments_addresses deployments_metadata deployments_no_reduce deployments_disable_reduce",
    INSIDE,
  ),
  ...all("graph_conditions graph_description timeout_ctrl noblock_on_start", INSIDE),
  ...all("extra_search_paths uvicorn_kwargs uses_before_address uses_after_address", INSIDE),
  ...all("asyncio inspect optout_telemetry suppress_root_logging return_results", INSIDE),
  ...all("disable_reduce no_reduce", MERGED),
  floating: "every Executor is on the way of its requests, and the answer waits for it; delete it",
  output_array_type: "answers are JSON; delete it",
  exit_on_exceptions: "an Executor that throws is answered with 500, and lives on; delete it",
  ...all("quiet quiet_error quiet_remote_logs log_config", LOGS),
  ...all("tls ssl_certfile ssl_keyfile", TLS),
  ...all("shards polling", SHARDS),
  ...all("stateful peer_ports raft_configuration", STATE),
  ...all("uses_before uses_after", STEP),
  protocol: "HTTP is what is spoken here; delete it",
  timeout_send: "`timeout` under `with` says how long a request may take",
  timeout_ready: "`load_timeout` under `with` says how long a load may take",
  retries: "a replica that dies is replaced by itself, and `Client` has `retries`; delete it",
  uses_requests: "endpoints are bound in the Executor's code, with `@requests`",
  uses_metas: "write `metas` into the Executor's YAML, or into `uses` itself: `uses: { jtype: …, metas: … }`",
  uses_dynamic_batching: "requests are not batched here; delete it",
  allow_concurrent: "handlers that are async run concurrently; delete it",
  workspace: "write it under `metas` of the Executor's YAML, or of `uses: { jtype: …, metas: … }`",
  env: "the workers have the environment of the process: set it there, and use it as `${{ ENV.NAME }}`",
  when: "no conditions are looked at here: let the Executor pass on what it does not want",
  expose_endpoints: "every endpoint is there as POST /<endpoint>; flow.exposeEndpoint() adds more in code",
  expose_graphql_endpoint: "there is no GraphQL here; delete it",
  ...all("no_debug_endpoints no_crud_endpoints", "the routes of the gateway are always there; delete it"),
  ...all("title description", "GET /docs needs none; delete it"),
  gateway: "there is one gateway: port, host and cors are said under `with`",
  ...all("port_expose rest_api restful", "HTTP is served at `port`, which is said under `with`"),
  ...all("override_with override_metas", "`uses_with` overrides what the Executor's YAML says"),
  parallel: "`replicas` says how many workers run it",
  ...all("deployments pods", "the list is called `executors` here"),
};

/** Keys that mean something elsewhere in the file. */
const IN_EXECUTOR: Readonly<Record<string, string>> = {
  ...all("host port", "an Executor has no address of its own here; the Flow's is said under `with`"),
  jtype: "no Deployment is read here: write its `uses`, `name` and the like straight into the list",
};
/** Keys of a Flow that mean something in an Executor. */
const IN_FLOW: Readonly<Record<string, string>> = {
  name: "the Flow has no name here; delete it",
  metas: "they belong to an Executor: write them into its YAML, or into `uses: { jtype: …, metas: … }`",
  uses: "the gateway is always hotflow's own; delete it",
  env: "set it where the process is started, and use it as `${{ ENV.NAME }}`",
};

function all(keys: string, advice: string): Record<string, string> {
  return Object.fromEntries(keys.split(" ").map((key) => [key, advice]));
}

/**
 * What to do about a key of Jina's.
 *
 * @param key The key.
 * @param where Whether it stands in an Executor.
 * @returns The advice; `undefined` when Jina has no such key either.
 */
export function adviceOn(key: string, where: "flow" | "executor"): string | undefined {
  const here = where === "executor" ? IN_EXECUTOR : IN_FLOW;
  return (Object.hasOwn(here, key) ? here[key] : undefined) ??
    (Object.hasOwn(ADVICE, key) ? ADVICE[key] : undefined);
}

/** What to do about a `uses` that names something of Python's or of containers. */
export function adviceOnUses(uses: string): string | undefined {
  if (/^(?:jinahub|jinaai)(?:\+\w+)?:/.test(uses)) return HUB.replace("delete it", "name a module of yours");
  if (/^(?:docker|kubernetes|k8s):/.test(uses)) {
    return CONTAINERS.replace("delete it", "name a module of yours");
  }
  if (/\.py$/.test(uses)) return "this is Python; name a module in TypeScript or JavaScript";
}
