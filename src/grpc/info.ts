import project from "../../deno.json" with { type: "json" };
import { environment, systemInfo } from "../runtime/system_info.ts";
import { write } from "./_service_messages.ts";
import { JinaInfoProtoSchema } from "./gen/jina_pb.ts";
import type { ServiceAdder } from "./service_adder.ts";

/** The environment variables that are told. */
const TOLD = /^(?:JINA|HOTFLOW)_/;
/** The names of those whose values are not. */
const SECRET = /TOKEN|SECRET|PASS|PWD|KEY|AUTH|CREDENTIAL|PRIVATE/i;

/** Adds the versions of hotflow and of what it runs on, and the environment variables of Jina and hotflow. */
export function addInfo(server: ServiceAdder): void {
  server.unary("/jina.JinaInfoRPC/_status", () =>
    write(JinaInfoProtoSchema, {
      jina: { hotflow: project.version, ...systemInfo() },
      envs: toldOf(environment()),
    }));
}

/** The variables that are told, without the values of secrets. */
export function toldOf(env: Readonly<Record<string, string>>): Record<string, string> {
  const told = Object.entries(env).filter(([name]) => TOLD.test(name));
  return Object.fromEntries(told.map(([name, value]) => [name, SECRET.test(name) ? "(hidden)" : value]));
}
