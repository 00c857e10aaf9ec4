/** The services of the gRPC front, with their definitions: those of the first generation. @module */
import type { DescFile } from "@bufbuild/protobuf";
import { file_grpc_health_v1_health } from "./gen/grpc/health/v1/health_pb.ts";
import { file_grpc_reflection_v1_reflection } from "./gen/grpc/reflection/v1/reflection_pb.ts";
import { file_grpc_reflection_v1alpha_reflection } from "./gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { file_jina } from "./gen/jina_pb.ts";

/** The files that define them. */
export const FILES: readonly DescFile[] = [
  file_jina,
  file_grpc_health_v1_health,
  file_grpc_reflection_v1_reflection,
  file_grpc_reflection_v1alpha_reflection,
];

/** The full names of all services. */
export const SERVICE_NAMES: readonly string[] = FILES.flatMap(({ services }) =>
  services.map(({ typeName }) => typeName)
);
