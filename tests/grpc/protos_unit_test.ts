import { assertEquals } from "@std/assert";
import { file_docarray } from "../../src/grpc/gen/docarray_pb.ts";
import { FILES } from "../../src/grpc/services.ts";
import { definitionsIn, definitionsInText } from "./_protos.ts";

Deno.test("src/grpc/gen has what the .proto files define; otherwise run `deno task proto`", () => {
  const text = definitionsInText(
    "v1/docarray.proto",
    "v1/jina.proto",
    "grpc/health/v1/health.proto",
    "grpc/reflection/v1/reflection.proto",
    "grpc/reflection/v1alpha/reflection.proto",
  );
  assertEquals(sorted(definitionsIn(file_docarray, ...FILES)), sorted(text));
});

Deno.test("proto/v2: its services and the parts of its messages around documents are those of proto/v1", () => {
  const [first, second] = ["v1", "v2"].map((version) =>
    sorted(definitionsInText(`${version}/docarray.proto`, `${version}/jina.proto`))
      .filter(([name, type]) => name.startsWith("jina.") && !type.includes("docarray."))
  );
  assertEquals(second, first);
});

function sorted(definitions: ReadonlyMap<string, string>): [string, string][] {
  return [...definitions].sort(([a], [b]) => a < b ? -1 : 1);
}
