import { dirname, join } from "node:path";
import { convertStd, type MirrorFiles } from "./convert_std.ts";
import { npmTarball } from "./npm_tarball.ts";
import { gunzip, readTar } from "./tar.ts";

/** Carries compiled copies of the `@std` packages this project uses, MIT like the originals. */
const SOURCE = {
  spec: "veryfront@0.1.1031",
  integrity:
    "sha512-Vhd648NOygFaqiSeT9xDRL/9Tf2KjyfpIlnz2W86fRHi9W47w7ngZisq0Xiw4nzNKN8kh5+MDD01N1E18Oidgw==",
};

/** Changes when the mirror made from the same tarball changes, so that older mirrors are made anew. */
const FORMAT = 1;

/** Written last: a folder that has it is a whole mirror. */
export const STAMP = { name: "stamp", text: `${FORMAT} ${SOURCE.spec} ${SOURCE.integrity}\n` };

/** Whether `folder` holds a whole mirror of the pinned version. */
export function isMirror(folder: string): boolean {
  try {
    return Deno.readTextFileSync(join(folder, STAMP.name)) === STAMP.text;
  } catch {
    return false; // not there, or not readable: either way not a mirror to use
  }
}

/** Builds the mirror from npm. `folder` is either whole afterwards or as it was. */
export async function buildMirror(folder: string): Promise<void> {
  const tarball = await npmTarball(SOURCE.spec);
  await checkIntegrity(tarball, SOURCE.spec, SOURCE.integrity);
  await place(await convertStd(readTar(await gunzip(tarball))), folder);
}

/** Throws unless the bytes have the hash that npm's lock files call `integrity`. */
export async function checkIntegrity(
  bytes: Uint8Array<ArrayBuffer>,
  spec: string,
  integrity: string,
): Promise<void> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-512", bytes));
  const found = `sha512-${hash.toBase64()}`;
  if (found !== integrity) {
    throw new Error(
      `Cannot use ${spec} from npm: its tarball is not the pinned one: ` +
        `wanted ${integrity}, got ${found} (${bytes.length} bytes)`,
    );
  }
}

/** Writes beside `folder` and renames, so that no one ever sees half a mirror. */
async function place(files: MirrorFiles, folder: string): Promise<void> {
  const temporary = await Deno.makeTempDir({ dir: dirname(folder), prefix: ".jsr-mirror-" });
  try {
    for (const [path, text] of files) {
      await Deno.mkdir(join(temporary, dirname(path)), { recursive: true });
      await Deno.writeTextFile(join(temporary, path), text);
    }
    await Deno.writeTextFile(join(temporary, STAMP.name), STAMP.text);
    await Deno.chmod(temporary, 0o755).catch(() => {}); // temporary folders are their owner's only
    await moveInto(temporary, folder);
  } finally {
    await Deno.remove(temporary, { recursive: true }).catch(() => {});
  }
}

async function moveInto(temporary: string, folder: string): Promise<void> {
  try {
    await Deno.rename(temporary, folder);
  } catch (error) {
    if (isMirror(folder)) return; // another start built it meanwhile
    if (!(await Deno.stat(folder).catch(() => undefined))) throw error;
    // An older or damaged one is in the way. Renamed first: removing takes time, in which others would see a part.
    const old = `${temporary}-old`;
    await Deno.rename(folder, old);
    await Deno.rename(temporary, folder);
    await Deno.remove(old, { recursive: true });
  }
}
