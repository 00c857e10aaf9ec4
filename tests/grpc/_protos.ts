/** The .proto files, and descriptors, in one form, so that they can be compared. */
import { type DescField, type DescFile, ScalarType } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import protobuf from "protobufjs";

/** What files define: the number and type of each field, the number of each enum's value, the types of each method. */
export type Definitions = ReadonlyMap<string, string>;

/** What .proto files define, by their paths in `proto/`. */
export function definitionsInText(...paths: string[]): Definitions {
  const root = new protobuf.Root();
  for (const name of ["struct", "timestamp", "empty"]) {
    root.addJSON(protobuf.common.get(`google/protobuf/${name}.proto`)?.nested ?? {});
  }
  for (const path of paths) {
    protobuf.parse(Deno.readTextFileSync(new URL(`../../proto/${path}`, import.meta.url)), root, {
      keepCase: true,
    });
  }
  root.resolveAll();
  return new Map([...inNamespace(root)].filter(([name]) => !name.startsWith("google.")));
}

function* inNamespace(namespace: protobuf.NamespaceBase): Generator<[string, string]> {
  const scope = namespace.fullName.slice(1);
  if (namespace instanceof protobuf.Type) {
    for (const field of namespace.fieldsArray) yield [`${scope}.${field.name}`, typeInText(field)];
  }
  if (namespace instanceof protobuf.Service) {
    for (const method of namespace.methodsArray) {
      const { name, requestStream, responseStream, resolvedRequestType, resolvedResponseType } = method;
      const [from, to] = [resolvedRequestType, resolvedResponseType].map((type) => type?.fullName.slice(1));
      yield [`${scope}/${name}`, `${streamed(requestStream)}${from} -> ${streamed(responseStream)}${to}`];
    }
  }
  for (const nested of namespace.nestedArray) {
    if (nested instanceof protobuf.Namespace) yield* inNamespace(nested);
    if (!(nested instanceof protobuf.Enum)) continue;
    for (const [name, value] of Object.entries(nested.values)) {
      yield [`${nested.fullName.slice(1)}.${name}`, String(value)];
    }
  }
}

function typeInText(field: protobuf.Field): string {
  const type = field.resolvedType?.fullName.slice(1) ?? field.type;
  const isOptional = field.options?.proto3_optional === true;
  const full = field instanceof protobuf.MapField ? `map<${field.keyType}, ${type}>` : type;
  const oneof = isOptional ? undefined : field.partOf?.name;
  return signature(field.id, { full, isList: field.repeated, isOptional, oneof });
}

/** What descriptors define. */
export function definitionsIn(...files: readonly DescFile[]): Definitions {
  return new Map(files.flatMap((file) => [...inFile(file)]));
}

function* inFile(file: DescFile): Generator<[string, string]> {
  for (const type of nestedTypes(file)) {
    const { typeName: scope } = type;
    if (type.kind === "message") {
      for (const field of type.fields) yield [`${scope}.${field.name}`, typeOf(field)];
    } else if (type.kind === "enum") {
      for (const { name, number } of type.values) yield [`${scope}.${name}`, String(number)];
    } else if (type.kind === "service") {
      for (const { proto, input, output } of type.methods) {
        const [from, to] = [streamed(proto.clientStreaming), streamed(proto.serverStreaming)];
        yield [`${scope}/${proto.name}`, `${from}${input.typeName} -> ${to}${output.typeName}`];
      }
    }
  }
}

function typeOf(field: DescField): string {
  const type = field.message?.typeName ?? field.enum?.typeName ??
    ScalarType[field.scalar ?? 0].toLowerCase();
  const isMap = field.fieldKind === "map";
  return signature(field.number, {
    full: isMap ? `map<${ScalarType[field.mapKey].toLowerCase()}, ${type}>` : type,
    isList: field.fieldKind === "list",
    isOptional: field.proto.proto3Optional,
    oneof: field.oneof?.name,
  });
}

function signature(
  number: number,
  type: { full: string; isList: boolean; isOptional: boolean; oneof?: string },
): string {
  const label = type.isList ? "repeated " : type.isOptional ? "optional " : "";
  const oneof = type.oneof === undefined ? "" : ` in ${type.oneof}`;
  return `${number}: ${label}${type.full}${oneof}`;
}

function streamed(isStream: boolean | undefined): string {
  return isStream ? "stream " : "";
}
