/**
 * The .proto files beside Jina's own definitions, and Google's Python packages for reflection and health against our
 * gRPC front. `deno task test:clients` runs this.
 */
import { assertEquals } from "@std/assert";
import { create, createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { SERVICE_NAMES } from "../../src/grpc/services.ts";
import { Served } from "../flow/_serve.ts";
import { BOTH, DYING, killForGood } from "../grpc/_dying.ts";
import { type Definitions, definitionsIn, definitionsInText } from "../grpc/_protos.ts";
import { FILE } from "../support/reloading.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { A } from "./_executors.ts";
import { CLIENTS, Scenario } from "./_python.ts";

const SCRIPT = "grpc_tools.py";

// deno-lint-ignore no-explicit-any -- JSON as it came
async function play(python: string, name: string, port = 0): Promise<any> {
  await using scenario = new Scenario(python, port, name, SCRIPT);
  return await scenario.answer();
}

/** What Jina defines of the messages and services that we define, too. */
async function jinaOf(python: string, ours: Definitions): Promise<Definitions> {
  const file = (await play(python, "descriptors") as string[])
    .map((text) => fromBinary(FileDescriptorProtoSchema, Uint8Array.fromBase64(text)));
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file }));
  const owners = new Set([...ours.keys()].map(ownerOf));
  return new Map([...definitionsIn(...registry.files)].filter(([name]) => owners.has(ownerOf(name))));
}

/** The message, enum or service that something is part of. */
function ownerOf(name: string): string {
  return name.replace(/[./][^./]+$/, "");
}

for (const [version, python] of CLIENTS) {
  const generation = version === "3.14" ? 1 : 2;

  Deno.test(`Jina ${version}: proto/v${generation} has Jina's fields and methods`, async () => {
    const ours = definitionsInText(`v${generation}/docarray.proto`, `v${generation}/jina.proto`);
    const jina = await jinaOf(python, ours);
    const own = [...ours].filter(([name]) => !jina.has(name)).map(([name]) => name);
    assertEquals([...jina].filter(([name, type]) => ours.get(name) !== type), []);
    // Later versions of Jina have them in the first generation, too.
    const later = [
      ...["header", "parameters", "routes", "document"].map((name) =>
        `jina.SingleDocumentRequestProto.${name}`
      ),
      ...["write_endpoints", "schemas"].map((name) => `jina.EndpointsProto.${name}`),
      "jina.JinaSingleDocumentRequestRPC/stream_doc",
    ];
    assertEquals(own, generation === 1 ? later : []);
  });

  Deno.test(`grpcio of Jina ${version}: reflection lists and describes services`, async () => {
    await using served = await Served.start({ uses: A }, { protocol: "grpc" });
    const { v1, v1alpha } = await play(python, "reflection", served.flow.port);
    assertEquals(v1.services, SERVICE_NAMES.toSorted());
    assertEquals(v1alpha.services, [
      "grpc.reflection.v1alpha.ServerReflection",
      "jina.JinaDataRequestRPC",
      "jina.JinaDiscoverEndpointsRPC",
      "jina.JinaInfoRPC",
      "jina.JinaRPC",
      "jina.JinaSingleDataRequestRPC",
    ]);
    assertEquals(v1.described, v1alpha.described);
    const request = ["header", "parameters", "routes", "data"];
    assertEquals(v1.described["jina.JinaRPC"], { Call: [request, request] });
    assertEquals(v1.described["grpc.health.v1.Health"].Check, [["service"], ["status"]]);
  });

  Deno.test(`grpcio of Jina ${version}: health of a deployment that goes down, and comes back`, async () => {
    await using folder = await TempFolder.make();
    await folder.write(FILE, DYING);
    await using served = await Served.start({ uses: folder.at(FILE), reload: true }, BOTH);
    const [http, grpc] = served.flow.ports;
    assertEquals(await play(python, "check", grpc), {
      "": "SERVING",
      "jina.JinaRPC": "SERVING",
      "grpc.health.v1.Health": "SERVING",
      nothing: "NOT_FOUND",
    });
    await using watch = new Scenario(python, grpc, "watch", SCRIPT);
    assertEquals(await watch.answer(), ["SERVING", "SERVING"]);
    await killForGood(http, served.log);
    assertEquals(await watch.answer(), ["NOT_SERVING", "NOT_SERVING"]);
    await folder.write(FILE, `${DYING}// saved\n`);
    assertEquals(await watch.answer(), ["SERVING", "SERVING"]);
    await served.flow.close();
    assertEquals((await watch.answer()).error, "_MultiThreadedRendezvous");
  });
}
