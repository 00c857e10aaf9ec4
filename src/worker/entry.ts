/** What runs inside a worker. @module */
// Users' modules import the library; loaded here, it costs them no time when their file is saved.
import "../../mod.ts";
import { WorkerServer } from "./_worker_server.ts";

/** Marks a worker's global scope: a Flow must not start in here. */
(globalThis as Record<symbol, unknown>)[Symbol.for("hotflow.worker")] = true;

new WorkerServer().start();
