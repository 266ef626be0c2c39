/**
 * The peers that boot a Linux of their own: qemu-system and v86. A serial line is their terminal;
 * it is up when its shell has shown a prompt.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { NotHere, peerPath } from "./cache.js";
import { initrd } from "./initrd.js";
import { installNpm } from "./npm.js";
import { busybox, intelKernel, qemuSystem, riscvKernel, seaBios } from "./packages.js";
import { Shell } from "./shell.js";

const BOOT_LIMIT_MS = 240_000;
const V86_MEMORY_BYTES = 512 << 20;
const PROMPT = /PROMPT# /;
const SETUP = 'export Q=/bench BB=/bin/busybox BENCH_DIR=/tmp PS1=""';

/** Programs that the machine gets in /bench, by name. */
export type Programs = ReadonlyMap<string, string>;

async function writeInitrd(architecture: "i386" | "riscv64", programs: Programs): Promise<string> {
  const bytes = new Map([...programs].map(([name, path]) => [name, readFileSync(path)]));
  const archive = initrd(readFileSync(await busybox(architecture)), bytes);
  mkdirSync(peerPath(), { recursive: true });
  const path = peerPath(`initrd-${architecture}-${programs.size === 0 ? "small" : "bench"}.gz`);
  writeFileSync(path, archive);
  return path;
}

function kernelIn(folder: string): string {
  const boot = join(folder, "boot");
  const name = readdirSync(boot).find((file) => file.startsWith("vmlinu"));
  if (name === undefined) throw new NotHere(`no kernel in ${boot}`);
  return join(boot, name);
}

async function atPrompt(name: string, child: ChildProcessWithoutNullStreams): Promise<Shell> {
  const shell = new Shell(name, child);
  try {
    await shell.expect(PROMPT, BOOT_LIMIT_MS);
    return shell;
  } catch (error) {
    shell.close();
    throw new NotHere(error instanceof Error ? error.message : String(error));
  }
}

/** Starts qemu-system-riscv64 with Debian's kernel; the shell is at its prompt. */
export async function startQemuSystem(programs: Programs): Promise<Shell> {
  if (process.arch !== "x64") throw new NotHere("the packages are fetched for amd64 hosts only");
  const { folder } = await qemuSystem();
  const kernel = kernelIn((await riscvKernel()).folder);
  const disk = await writeInitrd("riscv64", programs);
  const libraries = join(folder, "usr/lib/x86_64-linux-gnu");
  const bios = join(folder, "usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin");
  // The host's own C library may be older: it runs through the loader of the packages.
  const args = [
    ...["--library-path", libraries, join(folder, "usr/bin/qemu-system-riscv64")],
    ...["-L", join(folder, "usr/share/qemu"), "-M", "virt", "-m", "512M", "-smp", "1"],
    ...["-display", "none", "-serial", "stdio", "-monitor", "none", "-bios", bios],
    ...["-kernel", kernel, "-initrd", disk, "-append", "console=ttyS0 quiet"],
  ];
  const env = { ...process.env, QEMU_MODULE_DIR: join(libraries, "qemu") };
  const loader = join(libraries, "ld-linux-x86-64.so.2");
  return await atPrompt("qemu-system", spawn(loader, args, { env }));
}

/** What v86.mjs is given, as JSON. */
export async function v86Options(programs: Programs): Promise<Record<string, unknown>> {
  const library = join(installNpm("npm"), "v86", "build");
  const bios = join((await seaBios()).folder, "usr/share/seabios");
  return {
    library: pathToFileURL(join(library, "libv86.mjs")).href,
    wasm: join(library, "v86.wasm"),
    memoryBytes: V86_MEMORY_BYTES,
    bios: join(bios, "bios.bin"),
    vgaBios: join(bios, "vgabios.bin"),
    kernel: kernelIn((await intelKernel()).folder),
    initrd: await writeInitrd("i386", programs),
    state: peerPath("v86-state.bin"),
  };
}

/** The command line of v86.mjs. */
export function v86Arguments(mode: string, options: Record<string, unknown>): string[] {
  return [fileURLToPath(new URL("./v86.mjs", import.meta.url)), mode, JSON.stringify(options)];
}

/** Boots v86; the shell is at its prompt. */
export async function startV86(programs: Programs): Promise<Shell> {
  const args = v86Arguments("serial", await v86Options(programs));
  return await atPrompt("v86", spawn(process.execPath, args));
}

/** Tells the shell of such a machine where the programs are. */
export async function prepare(shell: Shell): Promise<Shell> {
  await shell.run(SETUP);
  return shell;
}
