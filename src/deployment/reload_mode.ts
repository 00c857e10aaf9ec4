/**
 * How a deployment is reloaded: in a new worker, in the worker of the version before, or, with `auto`, in place when the
 * version before has kept something in its worker.
 */
export type ReloadMode = "auto" | "fresh" | "in-place";
