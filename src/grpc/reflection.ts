/** gRPC's server reflection: which services there are, and their definitions. @module */
import { type DescFile, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { read, write } from "./_service_messages.ts";
import {
  type ServerReflectionRequest,
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from "./gen/grpc/reflection/v1/reflection_pb.ts";
import { FILES, SERVICE_NAMES } from "./services.ts";
import { Code, type ServiceAdder } from "./service_adder.ts";

type Answer = MessageInitShape<typeof ServerReflectionResponseSchema>["messageResponse"];

/**
 * The services that the older version lists. A Jina gateway that asks an Executor for them fails on any other name, such
 * as that of the health service.
 */
const LISTED_FOR_JINA = [
  "jina.JinaRPC",
  "jina.JinaSingleDataRequestRPC",
  "jina.JinaDataRequestRPC",
  "jina.JinaDiscoverEndpointsRPC",
  "jina.JinaInfoRPC",
  "grpc.reflection.v1alpha.ServerReflection",
];

/** Adds both versions of reflection. Their messages are the same; only the services that they list differ. */
export function addReflection(server: ServiceAdder): void {
  const files = filesByName(FILES);
  const symbols = filesBySymbol(files.values());
  const versions = { v1: SERVICE_NAMES, v1alpha: LISTED_FOR_JINA };
  for (const [version, services] of Object.entries(versions)) {
    server.bidi(
      `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
      async function* (requests) {
        for await (const bytes of requests) {
          const request = read(ServerReflectionRequestSchema, bytes);
          const messageResponse = answer(request.messageRequest, services, files, symbols);
          const { host: validHost } = request;
          yield write(ServerReflectionResponseSchema, {
            validHost,
            originalRequest: request,
            messageResponse,
          });
        }
      },
    );
  }
}

function answer(
  { case: kind, value }: ServerReflectionRequest["messageRequest"],
  services: readonly string[],
  files: ReadonlyMap<string, DescFile>,
  symbols: ReadonlyMap<string, DescFile>,
): Answer {
  switch (kind) {
    case "listServices":
      return { case: "listServicesResponse", value: { service: services.map((name) => ({ name })) } };
    case "fileByFilename":
      return definition(files.get(value)) ?? missing(`file "${value}"`);
    case "fileContainingSymbol":
      return definition(symbols.get(value)) ?? missing(`symbol "${value}"`);
    case "allExtensionNumbersOfType":
      return symbols.has(value)
        ? { case: "allExtensionNumbersResponse", value: { baseTypeName: value } }
        : missing(`message "${value}"`);
    case "fileContainingExtension":
      return missing(`extension of "${value.containingType}"`);
    default:
      return failure(Code.UNIMPLEMENTED, "Cannot answer the request: expected one that reflection knows");
  }
}

/** A file and all that it imports. */
function definition(file: DescFile | undefined): Answer {
  if (file === undefined) return undefined;
  const found = [...filesByName([file]).values()];
  const fileDescriptorProto = found.map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto));
  return { case: "fileDescriptorResponse", value: { fileDescriptorProto } };
}

function missing(what: string): Answer {
  return failure(Code.NOT_FOUND, `Cannot find the ${what}`);
}

function failure(errorCode: Code, errorMessage: string): Answer {
  return { case: "errorResponse", value: { errorCode, errorMessage } };
}

/** Files and all that they import, by name. */
function filesByName(files: readonly DescFile[]): Map<string, DescFile> {
  // A set is iterated over what is added meanwhile, too.
  const all = new Set(files);
  for (const { dependencies } of all) for (const file of dependencies) all.add(file);
  return new Map(Array.from(all, (file) => [file.proto.name, file]));
}

/** The file that defines a name, for each full name. */
function filesBySymbol(files: Iterable<DescFile>): Map<string, DescFile> {
  const symbols = new Map<string, DescFile>();
  for (const file of files) {
    for (const type of nestedTypes(file)) {
      symbols.set(type.typeName, file);
      for (const name of membersOf(type)) symbols.set(name, file);
    }
  }
  return symbols;
}

type NestedType = ReturnType<typeof nestedTypes> extends Iterable<infer T> ? T : DescMessage;

/** The full names of what a type consists of. */
function membersOf(type: NestedType): string[] {
  switch (type.kind) {
    case "message":
      return [...type.fields, ...type.oneofs].map(({ name }) => `${type.typeName}.${name}`);
    case "service":
      return type.methods.map(({ name }) => `${type.typeName}.${name}`);
    case "enum":
      // An enum's values are in the scope of the enum itself.
      return type.values.map(({ name }) => type.typeName.replace(/[^.]+$/, name));
    case "extension":
      return [];
  }
}
