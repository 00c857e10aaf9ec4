import { Deployment, type DeploymentOptions } from "../../src/deployment/deployment.ts";
import { Loader, type LoadOptions } from "../../src/deployment/loader.ts";
import type { ExecutorEntry } from "../../src/executor/entry.ts";
import { Logger } from "../../src/log/logger.ts";
import { StandbyPool } from "../../src/replica/standby_pool.ts";
import { CancelToken } from "../../src/async/cancel_token.ts";
import type { Call } from "../../src/protocol/protocol.ts";
import { LogTrap } from "../support/log_trap.ts";
import { FakeLauncher, type FakeMethods } from "../support/fake_worker.ts";

/** What the fake workers load. */
export const ENTRY: ExecutorEntry = {
  modules: [{ url: "file:///app/executor.ts", required: true }],
  renamable: true,
  with: {},
  metas: {},
  ignore: [],
  watch: [],
};

/** A request as the gateway hands it over. */
export const CALL: Call = { body: "[]", requestId: "1" };

/** The context of a request. */
export const context = (cancel = new CancelToken()) => ({ id: "1", cancel });

/** What is around a deployment, with fake workers. */
export class Surroundings implements AsyncDisposable {
  readonly launcher: FakeLauncher;
  readonly pool: StandbyPool;
  readonly trap = new LogTrap();
  readonly log = new Logger("Flow", this.trap.sink);

  constructor(methods: Partial<FakeMethods> = {}, stuckMs = Infinity) {
    this.launcher = new FakeLauncher(methods);
    this.pool = new StandbyPool(this.launcher, 0, { stuckMs, closeMs: 1_000 });
  }

  /** A deployment of one replica, if the options do not say otherwise. */
  deployment(options: Partial<DeploymentOptions> = {}): Deployment {
    const times = { loadMs: 1_000, handoverMs: 500, exclusiveMs: 300, closeMs: 200 };
    const remedy = "Save its source to bring it back.";
    return new Deployment(
      { name: "executor0", replicas: 1, standbys: 0, reloadMode: "auto", ...times, remedy, ...options },
      this.pool,
      this.log,
    );
  }

  /** A loader for the same deployment. */
  loader(replicas = 1, onImported: (path: string) => void = () => {}): Loader {
    const options = { name: "executor0", replicas, standbys: 0, loadMs: 1_000, exclusiveMs: 1_000 };
    return new Loader(options, this.pool, this.log, (_, [path]) => onImported(path));
  }

  /** The warnings that were logged under the name of the first replica. */
  get warnings(): string[] {
    const start = "WARNING executor0/rep-0 ";
    return this.trap.lines.filter((line) => line.startsWith(start)).map((line) => line.slice(start.length));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool.close();
  }
}

/** A load that does not pause. */
export const LOAD: LoadOptions = { mayRename: false, pause: "never" };
