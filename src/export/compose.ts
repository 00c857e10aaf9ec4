import { dockerfiles } from "./_dockerfile.ts";
import { yamlText } from "./_yaml_text.ts";
import {
  APP,
  commandOf,
  dockerfileIn,
  type ExportPlan,
  type Files,
  FLOW_YAML,
  memoryOf,
  type Place,
  type Service,
  servicesOf,
  stopSeconds,
  USER_ID,
  WORKSPACE,
} from "./plan.ts";

/** A Flow as files for Docker Compose. */
export function composeFiles(plan: ExportPlan, place: Place): Files {
  const { header } = place;
  const services = servicesOf(plan);
  const compose = {
    name: plan.project.name,
    services: Object.fromEntries(services.map((service) => [service.name, serviceOf(service, plan, place)])),
    configs: Object.fromEntries(services.map(({ name }) => [name, { file: `./${name}.flow.yml` }])),
  };
  const yamls = services.map(({ name, yaml }) => [`${name}.flow.yml`, `${header}\n${yaml}`]);
  return {
    "compose.yaml": `${header}\n${yamlText(compose)}`,
    ...Object.fromEntries(yamls),
    ...dockerfiles(plan, place),
  };
}

function serviceOf(service: Service, plan: ExportPlan, place: Place): object {
  const { name, env, replicas, listening } = service;
  const memory = memoryOf(service);
  const isGateway = service === plan.gateway;
  const http = listening.find(({ protocol }) => protocol === "http");
  const limits = memory === undefined ? {} : { resources: { limits: { memory: `${memory}M` } } };
  const deploy = { ...(replicas > 1 && { replicas }), ...limits };
  const published = listening.map(({ port }) => `${plan.isLocal ? "127.0.0.1:" : ""}${port}:${port}`);
  const environment = {
    ...Object.fromEntries(env.map((variable) => [variable, `\${${variable}:?}`])),
    ...(plan.reload && { HOTFLOW_POLL: "${HOTFLOW_POLL:-}" }),
  };
  const names = plan.executors.map((executor) => executor.name);
  return {
    image: plan.image,
    build: { context: place.context, dockerfile: dockerfileIn(place) },
    command: commandOf(service, plan),
    ...(Object.keys(environment).length > 0 && { environment }),
    // The files of this machine in place of those in the image, but for packages that are built for the image.
    ...(plan.reload && {
      volumes: [`${place.context}:${APP}`, ...(plan.runtime === "node" ? [`${APP}/node_modules`] : [])],
    }),
    configs: [{ source: name, target: FLOW_YAML }],
    ...(isGateway && { ports: published }),
    ...(isGateway && names.length > 0 && { depends_on: names }),
    ...(Object.keys(deploy).length > 0 && { deploy }),
    ...(http !== undefined && {
      healthcheck: {
        test: ["CMD", "hotflow", "ping", String(http.port)],
        ...{ interval: "30s", timeout: "10s", retries: 3 },
        start_period: `${Math.ceil(plan.loadMs / 1_000) + 30}s`,
      },
    }),
    ...{ init: true, restart: "unless-stopped", stop_grace_period: `${stopSeconds(plan)}s` },
    ...{ user: `${USER_ID}:${USER_ID}`, read_only: true, tmpfs: ["/tmp", WORKSPACE] },
    ...{ cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] },
  };
}
