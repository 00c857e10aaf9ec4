import { assertEquals, assertMatch } from "@std/assert";
import { create, createFileRegistry, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import {
  ServerReflectionRequestSchema,
  type ServerReflectionResponse,
  ServerReflectionResponseSchema,
} from "../../src/grpc/gen/grpc/reflection/v1/reflection_pb.ts";
import { addReflection } from "../../src/grpc/reflection.ts";
import { Code } from "../../src/grpc/service_adder.ts";
import { SERVICE_NAMES } from "../../src/grpc/services.ts";
import { FakeServer } from "./_fake_server.ts";

type Question = MessageInitShape<typeof ServerReflectionRequestSchema>["messageRequest"];

const VERSIONS = ["v1", "v1alpha"];

async function ask(version: string, ...questions: Question[]): Promise<ServerReflectionResponse[]> {
  const server = new FakeServer();
  addReflection(server);
  const requests = questions.map((messageRequest) =>
    toBinary(
      ServerReflectionRequestSchema,
      create(ServerReflectionRequestSchema, { host: "here", messageRequest }),
    )
  );
  const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
  const answers = await server.talk(path, requests);
  return answers.map((bytes) => fromBinary(ServerReflectionResponseSchema, bytes));
}

async function list(version: string): Promise<string[]> {
  const [{ messageResponse }] = await ask(version, { case: "listServices", value: "*" });
  return messageResponse.case === "listServicesResponse"
    ? messageResponse.value.service.map(({ name }) => name)
    : [];
}

/** The names of the files in an answer, the asked one first. They have to be complete. */
function filesIn({ messageResponse }: ServerReflectionResponse): string[] {
  if (messageResponse.case !== "fileDescriptorResponse") return [];
  const file = messageResponse.value.fileDescriptorProto
    .map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
  // What files import comes before them in a set.
  createFileRegistry(create(FileDescriptorSetSchema, { file: file.toReversed() }));
  return file.map(({ name }) => name);
}

Deno.test("v1alpha lists exactly the services that a Jina gateway knows", async () => {
  assertEquals((await list("v1alpha")).sort(), [
    "grpc.reflection.v1alpha.ServerReflection",
    "jina.JinaDataRequestRPC",
    "jina.JinaDiscoverEndpointsRPC",
    "jina.JinaInfoRPC",
    "jina.JinaRPC",
    "jina.JinaSingleDataRequestRPC",
  ]);
});

Deno.test("v1 lists all services", async () => {
  assertEquals((await list("v1")).sort(), [
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
    "jina.JinaDataRequestRPC",
    "jina.JinaDiscoverEndpointsRPC",
    "jina.JinaGatewayDryRunRPC",
    "jina.JinaInfoRPC",
    "jina.JinaRPC",
    "jina.JinaSingleDataRequestRPC",
    "jina.JinaSingleDocumentRequestRPC",
  ]);
});

for (const version of VERSIONS) {
  Deno.test(`${version} defines every service, with all that its file imports`, async () => {
    const questions = SERVICE_NAMES.map((value): Question => ({ case: "fileContainingSymbol", value }));
    for (const answer of await ask(version, ...questions)) {
      const [first] = filesIn(answer);
      assertMatch(first, /^(jina|grpc\/health\/v1\/health|grpc\/reflection\/v1(alpha)?\/reflection)\.proto$/);
    }
  });

  Deno.test(`${version} finds the files of methods, messages, fields, oneofs and enums`, async () => {
    const files = {
      "jina.JinaRPC.Call": "jina.proto",
      "jina.StatusProto.ExceptionProto": "jina.proto",
      "jina.StatusProto.StatusCode": "jina.proto",
      "jina.StatusProto.ERROR": "jina.proto",
      "jina.DataRequestProto.DataContentProto.documents": "jina.proto",
      "docarray.DocumentProto.tags": "docarray.proto",
      "google.protobuf.Struct": "google/protobuf/struct.proto",
    };
    const questions = Object.keys(files).map((value): Question => ({ case: "fileContainingSymbol", value }));
    const answers = await ask(version, ...questions);
    assertEquals(answers.map((answer) => filesIn(answer)[0]), Object.values(files));
  });
}

Deno.test("fileByFilename answers the file and all that it imports", async () => {
  const [answer] = await ask("v1", { case: "fileByFilename", value: "jina.proto" });
  const [first, ...rest] = filesIn(answer);
  assertEquals([first, rest.sort()], ["jina.proto", [
    "docarray.proto",
    "google/protobuf/empty.proto",
    "google/protobuf/struct.proto",
    "google/protobuf/timestamp.proto",
  ]]);
});

Deno.test("each answer has its request, and what is unknown does not end the stream", async () => {
  const answers = await ask(
    "v1alpha",
    { case: "fileContainingSymbol", value: "jina.JinaRPC.Nothing" },
    { case: "fileByFilename", value: "nothing.proto" },
    { case: "allExtensionNumbersOfType", value: "jina.Nothing" },
    { case: "fileContainingExtension", value: { containingType: "jina.StatusProto", extensionNumber: 5 } },
    undefined,
    { case: "allExtensionNumbersOfType", value: "jina.StatusProto" },
  );
  const codes = answers.map(({ messageResponse: { case: kind, value } }) =>
    kind === "errorResponse" ? value.errorCode : kind
  );
  const { NOT_FOUND, UNIMPLEMENTED } = Code;
  assertEquals(codes, [
    ...[NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND, UNIMPLEMENTED],
    "allExtensionNumbersResponse",
  ]);
  const [{ validHost, originalRequest }] = answers;
  assertEquals([validHost, originalRequest?.host], ["here", "here"]);
  assertEquals(originalRequest?.messageRequest.value, "jina.JinaRPC.Nothing");
});
