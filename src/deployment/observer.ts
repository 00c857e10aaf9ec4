/** What follows a deployment while it serves. */
export interface DeploymentObserver {
  /** The state of a replica has changed. */
  changed(): void;
  /** Something is wrong; without a message, that is over. */
  trouble(what: "stuck" | "died" | "down", message?: string): void;
}

/** Follows nothing. */
export const NO_OBSERVER: DeploymentObserver = { changed() {}, trouble() {} };
