/** What a Compose file would start, as processes on this machine. */
import { parse } from "@std/yaml/parse";
import { freePort } from "../client/_servers.ts";
import { Cli } from "../cli/_cli.ts";
import type { TempFolder } from "../support/temp_folder.ts";
import type { Values } from "./_project.ts";

/** A container of a service. */
interface Container {
  readonly service: string;
  /** The ports of this machine that stand for those of the container. */
  readonly ports: ReadonlyMap<string, string>;
  cli?: Cli;
}

/**
 * Runs the services of a Compose file: each replica is a process with the service's command, environment and files. The
 * paths of the image are those of the project, and a service's name and port are addresses of this machine.
 */
export class Composed implements AsyncDisposable {
  readonly containers: Container[] = [];
  readonly #compose: Values;

  constructor(
    private readonly project: string,
    private readonly folder: string,
    private readonly scratch: TempFolder,
    private readonly env: Readonly<Record<string, string>>,
    private readonly command?: readonly string[],
  ) {
    this.#compose = parse(Deno.readTextFileSync(`${project}/${folder}/compose.yaml`));
    for (const [service, { command, deploy }] of Object.entries<Values>(this.#compose.services)) {
      for (let count = deploy?.replicas ?? 1; count > 0; count--) {
        const ports = (command as string[]).flatMap((arg, at) => command[at - 1] === "--port" ? [arg] : []);
        this.containers.push({ service, ports: new Map(ports.map((port) => [port, String(freePort())])) });
      }
    }
  }

  /** The containers of a service. */
  of(service: string): Container[] {
    return this.containers.filter((container) => container.service === service);
  }

  /** The port of this machine for a port of a service's first container. */
  port(service: string, port: number): number {
    return Number(this.of(service)[0].ports.get(String(port)));
  }

  async startAll(): Promise<void> {
    for (const container of this.containers) await this.start(container);
  }

  async start(container: Container): Promise<void> {
    const { command, configs, environment = {} } = this.#compose.services[container.service];
    const [{ source, target }] = configs;
    const text = await Deno.readTextFile(
      `${this.project}/${this.folder}/${this.#compose.configs[source].file}`,
    );
    const name = `${container.service}_${this.containers.indexOf(container)}.yml`;
    const yaml = await this.scratch.write(name, this.#onThisMachine(text));
    const [program, ...args] = command as string[];
    if (program !== "hotflow") throw new Error(`${program} is not in the image`);
    const own = args.map((arg) => arg === target ? yaml : container.ports.get(arg) ?? arg);
    container.cli = new Cli({ path: this.project } as TempFolder, own, {
      env: this.#environment(environment),
      ...(this.command !== undefined && { command: this.command }),
    });
    await container.cli.says(/"serves|serves |address|"message":"[^"]*serv/);
  }

  /** Kills a container's process. */
  async kill(container: Container): Promise<void> {
    container.cli?.signal("SIGKILL");
    await container.cli?.[Symbol.asyncDispose]();
    container.cli = undefined;
  }

  #onThisMachine(text: string): string {
    const named = text.replaceAll(/grpc:\/\/([a-z0-9-]+):(\d+)/g, (_, service, port) => {
      const addresses = this.of(service).map(({ ports }) => `grpc://127.0.0.1:${ports.get(port)}`);
      return addresses.length === 1 ? addresses[0] : `[${addresses.join(", ")}]`;
    });
    return named.replaceAll("/app/", `${this.project}/`);
  }

  #environment(given: Readonly<Record<string, string>>): Record<string, string> {
    const entries = Object.entries(given).map(([name, value]) =>
      [name, value.replace(/\$\{(\w+):[?-]\}/g, (_, variable) => this.env[variable] ?? "")] as const
    );
    return Object.fromEntries(entries);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const container of this.containers) await this.kill(container);
  }
}
