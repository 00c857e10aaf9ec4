/** What the command line uses of this room; it loads it for `hotflow export` alone. @module */
export { composeFiles } from "./compose.ts";
export { kubernetesFiles } from "./kubernetes.ts";
export { projectOf } from "./_project.ts";
export { readPlan } from "./read_plan.ts";
