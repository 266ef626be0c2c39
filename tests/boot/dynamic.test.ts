/**
 * Programs that are not at a place of their own, or need libraries: the cross compiler's dynamic
 * linker and libraries are in the system. qemu-user, with the same libraries, is the oracle.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { compileRiscv, findTools, type Linking, needsQemu } from "../syscalls/harness.js";
import { structures } from "../syscalls/sixfold.js";
import { boot, skip } from "./programs.js";

const tools = findTools();
const source = join(dirname(fileURLToPath(import.meta.url)), "..", "programs", "dynamic.c");
const root = "/usr/riscv64-linux-gnu";
const linker = "/lib/ld-linux-riscv64-lp64d.so.1";
const libraries = ["libc.so.6", "libm.so.6"];

/** The linker and its libraries, where a riscv64 system has them. */
function systemFiles(): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>([[linker, readFileSync(root + linker)]]);
  for (const name of libraries) files.set(`/lib/${name}`, readFileSync(`${root}/lib/${name}`));
  return files;
}

const missing = existsSync(root + linker) ? false : "needs libc6-riscv64-cross";

describe("programs that are not static", { skip: skip || missing }, () => {
  const run = async (structure: string, linking: Linking, through: readonly string[]) => {
    const path = await compileRiscv(tools, source, linking);
    assert.ok(path);
    const elf = readFileSync(path);
    const files = systemFiles();
    files.set("/mnt/test", elf);
    const argv = [...through, "/mnt/test", linking, "two words"];
    return boot(structure, elf, [], { files, argv });
  };

  const expected = async (linking: Linking): Promise<string> => {
    const path = await compileRiscv(tools, source, linking);
    const args = ["-L", root, String(path), linking, "two words"];
    const { stdout, status } = spawnSync(String(tools.qemu), args, { encoding: "latin1" });
    assert.equal(status, 23);
    return stdout;
  };

  for (const structure of structures) {
    for (const linking of ["dynamic", "dynamic-fixed"] as const) {
      test(`${linking} on ${structure}`, { skip: tools.qemu ? false : needsQemu }, async () => {
        const ended = await run(structure, linking, []);
        assert.equal(ended.hang, null);
        assert.equal(ended.stdout, await expected(linking), ended.stderr);
        assert.equal(ended.exitCode, 23);
      });
    }
  }

  test("a program without a library, anywhere", async () => {
    const source = join(dirname(fileURLToPath(import.meta.url)), "..", "programs", "anywhere.c");
    const path = await compileRiscv(tools, source, "bare");
    assert.ok(path);
    const places = new Set<string>();
    for (const seed of [1, 2, 3]) {
      const ended = boot("monolithic", readFileSync(path), [], { seed });
      assert.match(ended.stdout, /^at 2[ab][0-9a-f]{5}000\n$/);
      assert.equal(ended.exitCode, 42);
      places.add(ended.stdout);
    }
    assert.equal(places.size, 3);
  });

  test("the linker as a program", async () => {
    const ended = await run("monolithic", "dynamic", [linker]);
    assert.match(ended.stdout, /^dynamic: argument two words\n/);
    assert.equal(ended.exitCode, 23, ended.stderr);
  });

  test("a library that is not there", async () => {
    const path = await compileRiscv(tools, source, "dynamic");
    assert.ok(path);
    const elf = readFileSync(path);
    const files = new Map([...systemFiles(), ["/mnt/test", elf] as const]);
    files.delete("/lib/libm.so.6");
    const ended = boot("monolithic", elf, [], { files, argv: ["/mnt/test"] });
    assert.equal(ended.exitCode, 127);
    assert.match(ended.stderr, /libm\.so\.6: cannot open shared object file/);
  });
});
