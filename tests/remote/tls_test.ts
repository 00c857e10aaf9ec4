/** Encrypted connections to Executors elsewhere, with a certificate of our own. */
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { createServer, type TLSSocket } from "node:tls";
import { assertEquals, assertMatch } from "@std/assert";
import { FlowProcess, flowScript } from "../support/process.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { Far } from "./_executors.ts";
import { serveFar } from "./_flows.ts";

const hasOpenssl = await new Deno.Command("openssl", { args: ["version"], stdout: "null" }).output().then(
  () => true,
  () => false,
);
const skipped = hasOpenssl ? "" : " (SKIPPED: the program `openssl`, which makes one, is missing)";

/** A key and a certificate for this machine. */
async function certificate(folder: TempFolder) {
  const [key, cert] = [folder.at("key.pem"), folder.at("cert.pem")];
  const names = "subjectAltName=DNS:localhost,IP:127.0.0.1";
  const args = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=hotflow`;
  const command = new Deno.Command("openssl", {
    args: [...args.split(" "), "-addext", names, "-keyout", key, "-out", cert],
  });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return { key: await Deno.readTextFile(key), cert: await Deno.readTextFile(cert), path: cert };
}

/** Decrypts what is sent to a port. */
async function tlsProxy(port: number, { key, cert }: { key: string; cert: string }) {
  const sockets = new Set<TLSSocket>();
  const server = createServer({ key, cert, ALPNProtocols: ["h2"] }, (client) => {
    sockets.add(client);
    const plain = connect(port, "127.0.0.1");
    client.on("error", () => plain.destroy());
    plain.on("error", () => client.destroy());
    client.pipe(plain).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}

Deno.test({
  name:
    `an Executor elsewhere is called over TLS by name and by IP address, if its certificate is trusted${skipped}`,
  ignore: !hasOpenssl,
  fn: async () => {
    await using folder = await TempFolder.make();
    const files = await certificate(folder);
    await using far = await serveFar(Far);
    await using proxy = await tlsProxy(far.port, files);
    for (const host of ["localhost", "127.0.0.1"]) {
      const script = flowScript({ uses: `grpcs://${host}:${proxy.port}`, name: "far" });
      const env = { GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: files.path };
      await using trusting = await FlowProcess.serve(folder, script, "trusting.ts", undefined, env);
      assertEquals((await trusting.ask("/shout", host)).text, host.toUpperCase());
      await using wary = await FlowProcess.serve(folder, script, "wary.ts");
      const { status, body } = await wary.ask("/shout", host);
      assertEquals(status, 503);
      assertMatch(body, /certificate|issuer/i);
    }
  },
});
