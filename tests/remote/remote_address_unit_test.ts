import { assertEquals, assertThrows } from "@std/assert";
import { Executor, Flow } from "../../mod.ts";
import { isRemote, remoteAddresses } from "../../src/executor/remote_address.ts";

Deno.test("remoteAddresses() reads one address, or a list", () => {
  const tls = false;
  assertEquals(remoteAddresses("grpc://10.0.0.5:54321"), [
    { url: "grpc://10.0.0.5:54321", authority: "10.0.0.5:54321", tls },
  ]);
  assertEquals(remoteAddresses(["grpcs://a.example:443", new URL("grpc://[::1]:80")]), [
    { url: "grpcs://a.example:443", authority: "a.example:443", tls: true },
    { url: "grpc://[::1]:80", authority: "[::1]:80", tls },
  ]);
  for (const other of ["./my.ts", "Name", class extends Executor {}, new URL("file:///my.ts"), "my.yml"]) {
    assertEquals([isRemote(other), remoteAddresses(other)], [false, undefined]);
  }
});

Deno.test("remoteAddresses() refuses what is no address", () => {
  const wrong = [
    "grpc://host",
    "grpc://:1",
    "grpc://a:0",
    "grpc://a:1/path",
    "grpc://a:99999",
    "grpc:a:1",
    "grpc://u@a:1",
  ];
  for (const address of wrong) {
    assertThrows(
      () => remoteAddresses(address),
      TypeError,
      `Cannot use "${address}": expected "grpc://HOST:PORT"`,
    );
  }
  assertThrows(() => remoteAddresses([]), TypeError, "an empty list");
  assertThrows(() => remoteAddresses(["grpc://a:1", "./my.ts"]), TypeError, 'Cannot use "./my.ts"');
  assertThrows(() => remoteAddresses(["grpc://a:1", "grpc://a:1"]), TypeError, "twice");
});

Deno.test("add() refuses what an Executor elsewhere cannot have, and takes what does nothing", () => {
  const uses = "grpc://10.0.0.5:54321";
  const options = {
    reload: true,
    restart: true,
    replicas: 2,
    usesWith: { a: 1 },
    modules: ["./a.ts"],
    watch: ["a"],
  };
  for (const [name, value] of Object.entries(options)) {
    assertThrows(
      () => new Flow().add({ uses, [name]: value }),
      TypeError,
      `Cannot add an Executor with uses "${uses}" and ${name} `,
    );
  }
  assertThrows(
    () => new Flow().add({ uses, replicas: 2 }),
    TypeError,
    "list the addresses of its replicas in `uses`",
  );
  assertThrows(() => new Flow().add({ uses: "grpc://10.0.0.5" }), TypeError, "expected");
  const flow = new Flow().add({ uses, replicas: 1, reload: false }).add({
    uses: [uses, "grpc://10.0.0.6:1"],
  });
  assertEquals(flow.plot().includes("executor1"), true);
});
