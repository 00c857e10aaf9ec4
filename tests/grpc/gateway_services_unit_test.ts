import { assert, assertEquals } from "@std/assert";
import { fromBinary } from "@bufbuild/protobuf";
import { addDiscovery } from "../../src/grpc/discovery.ts";
import { addDryRun } from "../../src/grpc/dry_run.ts";
import { EndpointsProtoSchema, JinaInfoProtoSchema, StatusProtoSchema } from "../../src/grpc/gen/jina_pb.ts";
import { addInfo, toldOf } from "../../src/grpc/info.ts";
import project from "../../deno.json" with { type: "json" };
import { endpointsOf, FakeBackend } from "../gateway/_backend.ts";
import { FakeServer } from "./_fake_server.ts";

Deno.test("dry_run answers an empty status when the Flow can answer", async () => {
  const server = new FakeServer();
  addDryRun(server, new FakeBackend());
  assertEquals(await server.call("/jina.JinaGatewayDryRunRPC/dry_run"), new Uint8Array());
});

Deno.test("dry_run answers an error with the reason when a deployment is down", async () => {
  const server = new FakeServer();
  const backend = new FakeBackend();
  addDryRun(server, backend);
  backend.downReason = "encoder is down: SyntaxError";
  const answer = fromBinary(StatusProtoSchema, await server.call("/jina.JinaGatewayDryRunRPC/dry_run"));
  const { code, description, exception } = answer;
  assertEquals([code, description, exception?.name], [1, "encoder is down: SyntaxError", "DownError"]);
});

Deno.test("endpoint_discovery answers each endpoint once, `/default` for a default handler, and the dry run", async () => {
  const server = new FakeServer();
  const backend = new FakeBackend();
  addDiscovery(server, backend);
  const discover = async () => {
    const bytes = await server.call("/jina.JinaDiscoverEndpointsRPC/endpoint_discovery");
    return fromBinary(EndpointsProtoSchema, bytes).endpoints;
  };
  assertEquals(await discover(), ["/foo", "/search-all", "_jina_dry_run_"]);
  backend.hasDefault = true;
  assertEquals(await discover(), ["/foo", "/search-all", "/default", "_jina_dry_run_"]);
  backend.endpoints = endpointsOf("/default", "/foo", "/foo");
  assertEquals(await discover(), ["/default", "/foo", "_jina_dry_run_"]);
});

Deno.test("_status answers versions, and the environment variables of Jina and hotflow", async () => {
  const server = new FakeServer();
  addInfo(server);
  Deno.env.set("HOTFLOW_TEST_INFO", "told");
  try {
    const { jina, envs } = fromBinary(JinaInfoProtoSchema, await server.call("/jina.JinaInfoRPC/_status"));
    assertEquals([jina.hotflow, jina.deno], [project.version, Deno.version.deno]);
    assert(jina.platform !== "" && jina.architecture !== "");
    assertEquals(envs.HOTFLOW_TEST_INFO, "told");
    assertEquals(Object.keys(envs).filter((name) => !/^(JINA|HOTFLOW)_/.test(name)), []);
  } finally {
    Deno.env.delete("HOTFLOW_TEST_INFO");
  }
});

Deno.test("toldOf() leaves out other variables, and the values of secrets", () => {
  const hidden = ["JINA_AUTH_TOKEN", "HOTFLOW_API_KEY", "JINA_DB_PASSWORD", "HOTFLOW_client_secret"];
  const env = { PATH: "/bin", MY_JINA_LOG: "1", JINA_LOG_LEVEL: "INFO", HOTFLOW_X: "" };
  const secrets = Object.fromEntries(hidden.map((name) => [name, "s3cret"]));
  assertEquals(toldOf({ ...env, ...secrets }), {
    JINA_LOG_LEVEL: "INFO",
    HOTFLOW_X: "",
    ...Object.fromEntries(hidden.map((name) => [name, "(hidden)"])),
  });
});
