import { runtime, type WorkerHandle } from "../runtime/mod.ts";

/** The module that runs in every worker. */
export const ENTRY = import.meta.resolve("../worker/entry.ts");

/** Starts the workers that replicas run in. A worker speaks the messages of `protocol.ts`. */
export interface WorkerLauncher {
  /** Starts a worker; it reports `ready` once it has loaded the library. */
  launch(name: string): WorkerHandle;
  /**
   * Called before a version is loaded; for launchers whose workers may not read all files.
   *
   * @param modules The URLs of the modules.
   * @returns The files that its worker has to read. Workers that are launched from now on may.
   */
  expect?(modules: readonly string[]): readonly string[];
}

/** Runs each worker in a thread of this process. */
export const threadLauncher: WorkerLauncher = { launch: (name) => runtime.spawn(ENTRY, name) };
