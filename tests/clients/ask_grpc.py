"""Asks a gRPC server with Google's own packages, and writes what it saw, as lines of JSON.

python ask_grpc.py PORT NAME
"""

import base64
import json
import os
import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import proto_reflection_descriptor_database as database
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

# Packages log to standard output too; what is left of it belongs to the test.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

channel = grpc.insecure_channel(f"127.0.0.1:{sys.argv[1]}")


def descriptors():
    """The definitions of Jina and docarray, as serialised FileDescriptorProtos, imports first."""
    from jina.proto import jina_pb2

    files = []

    def add(file):
        for imported in file.dependencies:
            add(imported)
        if file.serialized_pb not in files:
            files.append(file.serialized_pb)

    add(jina_pb2.DataRequestProto.DESCRIPTOR.file)
    return [base64.b64encode(file).decode() for file in files]


class Reflection:
    """The package has a stub for v1alpha only; the messages of v1 are the same."""

    def __init__(self, version):
        self.stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        self.stub.ServerReflectionInfo = channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )
        self.database = database.ProtoReflectionDescriptorDatabase(channel)
        self.database._stub = self.stub

    def services(self):
        return sorted(self.database.get_services())

    def describe(self, name):
        """The methods of a service with their types, and the fields of those."""
        service = DescriptorPool(self.database).FindServiceByName(name)
        return {
            method.name: [
                [field.name for field in kind.fields] for kind in (method.input_type, method.output_type)
            ]
            for method in service.methods
        }


def reflection():
    versions = {version: Reflection(version) for version in ("v1", "v1alpha")}
    every = versions["v1"].services()
    return {
        version: {"services": one.services(), "described": {name: one.describe(name) for name in every}}
        for version, one in versions.items()
    }


def check():
    stub = health_pb2_grpc.HealthStub(channel)

    def status(service):
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=10)
            return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
        except grpc.RpcError as error:
            return error.code().name

    return {service: status(service) for service in ("", "jina.JinaRPC", "grpc.health.v1.Health", "nothing")}


def watch():
    """Each status as it comes, and what Check says then."""
    stub = health_pb2_grpc.HealthStub(channel)
    for answer in stub.Watch(health_pb2.HealthCheckRequest(service=""), timeout=60):
        say([health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status), check()[""]])


def say(answer):
    print(json.dumps(answer), file=answers, flush=True)


try:
    say(globals()[sys.argv[2]]())
except Exception as error:
    say({"error": type(error).__name__, "message": str(error)})
