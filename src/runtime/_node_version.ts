/** Throws on an old Node, before a module is imported that it does not have. @module */
import process from "node:process";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (process.versions.bun === undefined && (major < 22 || (major === 22 && minor < 18))) {
  throw new Error(`Cannot run on Node.js ${process.versions.node}: hotflow needs 22.18 or newer`);
}
