/**
 * Programs of Debian's packages as they are, beyond busybox: bash-static, zsh-static and sash, each
 * of one file, and dash, mawk and hello with the C library that they are linked with at run time.
 * Each does some work in Sixfold and under qemu-user, where it prints the same.
 *
 * The packages come through src/image: verified, and kept in its cache.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gatherIngredients } from "../../src/image/archive.js";
import { defaultCacheFolder } from "../../src/image/cache.js";
import { readDeb } from "../../src/image/deb.js";
import { ImageError } from "../../src/image/index.js";
import { bootOptions } from "../boot/programs.js";
import { bootProgram } from "../boot/system.js";
import { findTools, needsQemu } from "../syscalls/harness.js";
import { structures } from "../syscalls/sixfold.js";

const here = dirname(fileURLToPath(import.meta.url));
const tools = findTools();
const packages = ["bash-static", "zsh-static", "sash", "libc6", "dash", "mawk", "hello"];
/** Those that need the linker and the libraries. */
const dynamic: readonly string[] = ["/bin/dash", "/bin/mawk", "/bin/hello"];
const linker = "/lib/ld-linux-riscv64-lp64d.so.1";
const libraries = ["libc.so.6", "libm.so.6"];
const words = "apple\nbanana\norange\nmango\npear\nulli\nfig\neggplant\n";

/** What a program is given to do: its path, arguments, and the script in its folder. */
const work = [
  ["bash-static", ["/bin/bash-static", "work.bash"]],
  ["zsh-static", ["/bin/zsh-static", "-f", "work.zsh"]],
  ["sash", ["/bin/sash", "-q", "work.sash"]],
  ["dash", ["/bin/dash", "work.dash"]],
  ["mawk", ["/bin/mawk", "-f", "work.awk"]],
  ["hello", ["/bin/hello", "--greeting=good day"]],
] as const;

/** The programs and libraries by path; or why they cannot be had. */
async function fetchFiles(): Promise<Map<string, Uint8Array> | string> {
  const all = new Map<string, Uint8Array>();
  try {
    const cache = defaultCacheFolder(process.env);
    const wanted = { names: packages };
    const { packages: fetched } = await gatherIngredients(wanted, cache, { alone: true });
    for (const { archive } of fetched) {
      for (const file of (await readDeb(archive)).files) {
        if (file.type === "file") all.set(file.path.replace(/^\.\/usr/, ""), file.data);
      }
    }
  } catch (error) {
    if (error instanceof ImageError && ["no-mirror", "unreachable"].includes(error.code)) {
      return `needs a Debian mirror: ${error.message}`;
    }
    throw error;
  }
  const chosen = new Map<string, Uint8Array>([["/tmp/words", new TextEncoder().encode(words)]]);
  for (const name of packages.filter((name) => name !== "libc6")) {
    chosen.set(`/bin/${name}`, all.get(`/bin/${name}`) as Uint8Array);
  }
  const folder = "/lib/riscv64-linux-gnu";
  for (const name of libraries)
    chosen.set(`${folder}/${name}`, all.get(`${folder}/${name}`) as Uint8Array);
  chosen.set(linker, all.get(`${folder}/ld-linux-riscv64-lp64d.so.1`) as Uint8Array);
  for (const name of ["bash", "zsh", "sash", "dash", "awk"]) {
    chosen.set(`/tmp/work.${name}`, readFileSync(join(here, "scripts", `work.${name}`)));
  }
  return chosen;
}

const files = await fetchFiles();
const skip = typeof files === "string" ? files : tools.qemu === null ? needsQemu : false;
const environment = ["PATH=/bin", "LC_ALL=C", "HOME=/tmp"];

/** The same files in a folder of the host: qemu-user finds them there. */
function unpack(all: ReadonlyMap<string, Uint8Array>): string {
  const root = mkdtempSync(join(tmpdir(), "sixfold-debian-"));
  for (const [name, bytes] of all) {
    // qemu-user looks into the folder for every absolute path: /tmp must be the host's.
    const path = name.replace(/^\/tmp\//, "/scripts/");
    mkdirSync(dirname(root + path), { recursive: true });
    writeFileSync(root + path, bytes);
    chmodSync(root + path, 0o755);
  }
  return root;
}

const root = typeof files === "string" ? "" : unpack(files);
after(() => root !== "" && rmSync(root, { recursive: true }));

/** Runs a program under qemu-user with the folder as its root for what it names. */
function oracle(argv: readonly string[]): string {
  const folder = mkdtempSync(join(root, "work-"));
  for (const name of readdirSync(join(root, "scripts"))) {
    copyFileSync(join(root, "scripts", name), join(folder, name));
  }
  const [program = "", ...args] = argv;
  const isLinked = dynamic.includes(program);
  const options = [...(isLinked ? ["-L", root] : []), "-0", program, root + program];
  const { stdout, status } = spawnSync(String(tools.qemu), [...options, ...args], {
    cwd: folder,
    encoding: "latin1",
    env: Object.fromEntries(environment.map((entry) => entry.split("=") as [string, string])),
    timeout: 60_000,
  });
  return `${stdout.replaceAll(folder, "/tmp")}exit status ${status}\n`;
}

describe("Debian's programs", { skip }, () => {
  for (const [name, argv] of work) {
    const expected = skip === false ? oracle(argv) : "";
    if (process.env.SHOW) console.log(expected);
    for (const structure of structures) {
      test(`${name} on ${structure}`, () => {
        assert.ok(typeof files !== "string");
        const options = bootOptions(structure, new Uint8Array(0), [], { files, argv, environment });
        const run = bootProgram(options);
        assert.equal(run.hang, null);
        const status = run.exitCode ?? 128 + (run.signal ?? 0);
        assert.equal(`${run.stdout}exit status ${status}\n`, expected, run.stderr);
      });
    }
  }
});
