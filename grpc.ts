/**
 * Loads the code of gRPC with the program. A program that does not import this module loads it when a Flow or a Client
 * first uses gRPC, which `deno cache` and `deno compile` do not see.
 *
 * ```ts
 * import "@hotflow/hotflow/grpc";
 * ```
 *
 * It exports nothing. As an export of the package it also makes `deno add` and `deno install` fetch gRPC's packages.
 *
 * @module
 */
import "./src/client/_grpc_transport.ts";
import "./src/grpc/grpc_front.ts";
import "./src/remote/remote_link.ts";
