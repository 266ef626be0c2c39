/**
 * The vDSO as others read it: our ELF parser, a look-up as glibc does it (dl_vdso_vsym: hash table,
 * name, version), readelf, and the dynamic linker of glibc under qemu.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type ElfHeader, type ElfProgram, parseElfHeader, parseElfProgram } from "../abi/elf.js";
import { createVdso } from "./vdso.js";
import { elfHash } from "./vdso-tables.js";

const names = [
  "__vdso_rt_sigreturn",
  "__vdso_clock_gettime",
  "__vdso_gettimeofday",
  "__vdso_clock_getres",
  "__vdso_getcpu",
  "__vdso_flush_icache",
];
const PT_DYNAMIC = 2;

function missing(command: string, versionOption: string): boolean {
  return spawnSync(command, [versionOption]).status !== 0;
}
const needsReadelf = missing("riscv64-linux-gnu-readelf", "--version")
  ? "needs binutils-riscv64-linux-gnu"
  : false;
const needsCompiler = missing("riscv64-linux-gnu-gcc", "--version")
  ? "needs gcc-riscv64-linux-gnu"
  : false;
const needsQemu = missing("qemu-riscv64-static", "--version") ? "needs qemu-user-static" : false;

function view(): DataView {
  const { bytes } = createVdso();
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function text(image: DataView, offset: number): string {
  let end = offset;
  while (image.getUint8(end) !== 0) end++;
  return new TextDecoder().decode(new Uint8Array(image.buffer, offset, end - offset));
}

function parse(): { header: ElfHeader; program: ElfProgram } {
  const { bytes } = createVdso();
  const header = parseElfHeader(bytes);
  assert.ok(typeof header !== "string", String(header));
  const at = header.programHeadersOffset;
  const program = parseElfProgram(header, bytes.subarray(at, at + 112), bytes.length);
  assert.ok(typeof program !== "string", String(program));
  return { header, program };
}

/** Dynamic entries by tag. */
function dynamicEntries(image: DataView): Map<number, number> {
  const segment = parse().program.segments.find(({ type }) => type === PT_DYNAMIC);
  assert.ok(segment !== undefined);
  const entries = new Map<number, number>();
  for (let at = segment.address; at < segment.address + segment.memoryBytes; at += 16) {
    entries.set(image.getUint32(at, true), image.getUint32(at + 8, true));
  }
  return entries;
}

/** Looks a symbol of a version up through .hash. @returns its address */
function lookUp(name: string, version: string): number | undefined {
  const image = view();
  const entry = (tag: number): number => {
    const value = dynamicEntries(image).get(tag);
    assert.ok(value !== undefined, `dynamic entry ${tag}`);
    return value;
  };
  const word = (at: number): number => image.getUint32(at, true);
  const [hash, strings, symbols] = [entry(4), entry(5), entry(6)];
  const [versions, definitions] = [entry(0x6fff_fff0), entry(0x6fff_fffc)];
  const buckets = word(hash);
  let symbol = word(hash + 8 + (elfHash(name) % buckets) * 4);
  for (; symbol !== 0; symbol = word(hash + 8 + (buckets + symbol) * 4)) {
    if (text(image, strings + word(symbols + symbol * 24)) !== name) continue;
    const wanted = image.getUint16(versions + symbol * 2, true) & 0x7fff;
    for (let at = definitions; ; at += word(at + 16)) {
      const isOne = image.getUint16(at + 4, true) === wanted && word(at + 8) === elfHash(version);
      const defined = text(image, strings + word(at + word(at + 12)));
      if (isOne && defined === version) return word(symbols + symbol * 24 + 8);
      if (word(at + 16) === 0) break;
    }
  }
  return undefined;
}

test("one page that our own ELF parser takes, mapped read and execute", () => {
  const { bytes } = createVdso();
  assert.equal(bytes.length, 4096);
  const { program } = parse();
  assert.equal(program.loads.length, 1);
  assert.deepEqual([program.startAddress, program.endAddress], [0, 4096]);
  assert.equal(program.loads[0]?.flags, 5);
});

test("hash of names as in the gABI", () => {
  assert.equal(elfHash("LINUX_2.6"), 0x3ae75f6);
  assert.equal(elfHash("GLIBC_2.27"), 0x6969187);
});

test("every function is found by name and version, and is its system call", () => {
  const { bytes, signalReturnOffset } = createVdso();
  const image = view();
  assert.equal(lookUp("__vdso_rt_sigreturn", "LINUX_4.15"), signalReturnOffset);
  // The two words by which unwinders know a signal frame (libgcc, config/riscv/linux-unwind.h).
  assert.equal(image.getUint32(signalReturnOffset, true), 0x08b0_0893);
  assert.equal(image.getUint32(signalReturnOffset + 4, true), 0x0000_0073);
  for (const name of names) {
    const address = lookUp(name, "LINUX_4.15");
    assert.ok(address !== undefined && address < bytes.length, name);
    assert.equal(image.getUint32(address + 4, true), 0x0000_0073, name);
    assert.equal(lookUp(name, "LINUX_4.16"), undefined);
  }
  assert.equal(lookUp("__vdso_time", "LINUX_4.15"), undefined);
});

test("the same bytes at every call", () => {
  assert.deepEqual(createVdso(), createVdso());
  assert.notEqual(createVdso().bytes.buffer, createVdso().bytes.buffer);
});

function inFolder(act: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "sixfold-vdso-"));
  try {
    writeFileSync(join(folder, "vdso.so"), createVdso().bytes);
    act(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("readelf names the symbols with their version", { skip: needsReadelf }, () => {
  inFolder((folder) => {
    const run = spawnSync("riscv64-linux-gnu-readelf", ["-WadV", join(folder, "vdso.so")]);
    assert.equal(run.stderr.toString(), "");
    const output = run.stdout.toString();
    for (const name of names) {
      assert.match(output, new RegExp(`FUNC +GLOBAL +DEFAULT +7 +${name}@@LINUX_4\\.15`));
    }
    assert.match(output, /SONAME.*linux-vdso\.so\.1/);
    assert.match(output, /Flags: BASE/);
    assert.match(output, /DYN \(Shared object file\)/);
  });
});

const program = `
#include <dlfcn.h>
#include <stdio.h>
#include <time.h>
int main(int count, char **arguments) {
  void *object = dlopen(arguments[1], RTLD_NOW);
  if (!object) return puts(dlerror()), 1;
  int (*get)(clockid_t, struct timespec *) =
      dlvsym(object, "__vdso_clock_gettime", "LINUX_4.15");
  if (!get) return puts(dlerror()), 2;
  if (dlvsym(object, "__vdso_clock_gettime", "LINUX_2.6")) return 3;
  struct timespec before, by, after;
  clock_gettime(CLOCK_MONOTONIC, &before);
  if (get(CLOCK_MONOTONIC, &by) != 0) return 4;
  clock_gettime(CLOCK_MONOTONIC, &after);
  if (get(12345, &by) >= 0) return 5;
  return by.tv_sec < before.tv_sec || by.tv_sec > after.tv_sec ? 6 : 0;
}
`;

test("glibc's dynamic linker loads it", { skip: needsCompiler || needsQemu }, () => {
  inFolder((folder) => {
    const path = join(folder, "program");
    const options = ["-x", "c", "-", "-o", path];
    const built = spawnSync("riscv64-linux-gnu-gcc", options, { input: program });
    assert.equal(built.status, 0, built.stderr.toString());
    const root = ["-L", "/usr/riscv64-linux-gnu"];
    const run = spawnSync("qemu-riscv64-static", [...root, path, join(folder, "vdso.so")]);
    assert.equal(run.status, 0, run.stdout.toString() + run.stderr.toString());
  });
});
