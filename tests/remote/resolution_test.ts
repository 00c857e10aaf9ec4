/** Host names that stand for several machines, such as those of headless Services of Kubernetes. */
import { assertEquals } from "@std/assert";
import { Flow } from "../../mod.ts";
import { remoteAddresses } from "../../src/executor/remote_address.ts";
import { Logger } from "../../src/log/logger.ts";
import { Resolution } from "../../src/remote/_resolution.ts";
import { RemoteDeployment } from "../../src/remote/remote_deployment.ts";
import type { SpareWorker } from "../../src/replica/spare_worker.ts";
import { inTime } from "../support/in_time.ts";
import { Far } from "./_executors.ts";

const HERE = ["127.0.0.1", "127.0.0.2"];

Deno.test("Resolution: a name with several addresses becomes all of them, and keeps them while it has none", async () => {
  let answer: readonly string[] | undefined = ["10.0.0.2", "10.0.0.1"];
  const addresses = remoteAddresses(["grpcs://far:5000", "grpc://10.0.0.9:1"])!;
  const resolution = new Resolution(
    addresses,
    () => answer ? Promise.resolve(answer) : Promise.reject(new Error()),
  );
  const urls = async () => (await resolution.resolve()).map(({ url }) => url);
  const both = ["grpcs://10.0.0.1:5000", "grpcs://10.0.0.2:5000", "grpc://10.0.0.9:1"];
  assertEquals(await urls(), both);
  assertEquals((await resolution.resolve())[0], {
    ...{ url: "grpcs://10.0.0.1:5000", authority: "10.0.0.1:5000", tls: true, name: "far:5000" },
  });
  answer = undefined;
  assertEquals(await urls(), both);
  answer = ["10.0.0.2"];
  assertEquals(await urls(), ["grpcs://far:5000", "grpc://10.0.0.9:1"]);
  assertEquals((await resolution.resolve())[0].ip, "10.0.0.2");
  answer = ["fd00::1", "fd00::2"];
  assertEquals(await urls(), ["grpcs://[fd00::1]:5000", "grpcs://[fd00::2]:5000", "grpc://10.0.0.9:1"]);
  assertEquals(resolution.mayChange, true);
  assertEquals(new Resolution(remoteAddresses(["grpc://10.0.0.9:1", "grpc://[::1]:1"])!).mayChange, false);
});

Deno.test({
  name: "a name's machines share the calls; those that come and go are noticed",
  // Elsewhere 127.0.0.2 is no address of the machine.
  ignore: Deno.build.os !== "linux",
  async fn() {
    const serve = (host: string, port: number) =>
      new Flow({ protocol: "grpc", port, host, log: () => {} }).add({ uses: Far, name: "far" }).start();
    const first = await serve(HERE[0], 0);
    const { port } = first;
    let names = HERE.slice(0, 1);
    const addresses = remoteAddresses(`grpc://far:${port}`)!;
    const lookup = () => Promise.resolve(names);
    // The name itself is no host: only what it is resolved to can be called.
    const remote = new RemoteDeployment(
      "far",
      addresses,
      {} as SpareWorker,
      new Logger("Flow", () => {}),
      lookup,
    );
    try {
      names = HERE;
      const second = await serve(HERE[1], port);
      await remote.start();
      const serving = () =>
        remote.status.filter(({ state }) => state === "serving").map(({ address }) => address).sort();
      assertEquals(serving(), HERE.map((host) => `grpc://${host}:${port}`));
      assertEquals(new Set([remote.pick(), remote.pick()]).size, 2);
      const changed = (count: number) =>
        inTime(
          (async () => {
            while (remote.status.length !== count) await new Promise((resolve) => setTimeout(resolve, 20));
          })(),
          "the change",
        );
      names = [...HERE, "127.0.0.3"];
      await changed(3);
      names = [HERE[1], "127.0.0.3"];
      await changed(2);
      assertEquals(serving(), [`grpc://${HERE[1]}:${port}`]);
      await second.close();
    } finally {
      await remote.close();
      await first.close();
    }
  },
});
