/**
 * The C programs of tests/syscalls in a folder of the host: they print what they print in tmpfs,
 * which tests/syscalls compares with the host's Linux. On both structures; live, and as overlay;
 * some with forced BLOCKED and with ports that copy. With SIXFOLD_TEST_LONG=1 all that are listed,
 * else the first ones.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { boot, skip as needsPrograms, program } from "../boot/programs.js";
import type { Booted, BootOptions } from "../boot/system.js";
import { comparable, outcomeOf } from "../syscalls/harness.js";
import { type Mode, mounted, skip as needsLinux, temporaryFolder } from "./folder.js";

const skip = needsLinux || needsPrograms;
const isLong = process.env.SIXFOLD_TEST_LONG === "1";
const SHORT = 6;

/** What a folder of the host does as tmpfs; what differs: docs/services-host-folder.md. */
const live: readonly string[] = [
  "directory/directory",
  "getdents/getdents",
  "link/link",
  "lseek/lseek",
  "open/flags",
  "path/resolution",
  "read/vectors",
  "truncate/truncate",
  "write/append_shared",
  "execve/other_program",
  "fcntl/locks",
  "getdents/seek",
  "open/busy",
  "open/direct",
  "read/partial_fault",
  "write/errors",
  "copy_file_range/copy",
  "execve/script",
  "fchmodat2/fchmodat2",
  "flock/flock",
  "fcntl/leases",
  "preadv2/flags",
  "sendfile/sendfile",
  "sync/sync",
];
const overlay: readonly string[] = ["mmap/file", "link/refusals", "open/path", ...live];

const shown = (run: Booted): string => run.hang ?? comparable(outcomeOf(run));

const changes: readonly (readonly [string, string, Mode, Partial<BootOptions>])[] = [
  ["live", "monolithic", "rw", {}],
  ["live, copying ports", "microkernel", "rw", { copyingPorts: true }],
  ["live, injection", "monolithic", "rw", { injection: true }],
  ["overlay", "monolithic", "overlay", {}],
  ["overlay, injection", "microkernel", "overlay", { injection: true }],
];

for (const [title, structure, mode, change] of changes) {
  describe(`${title}, ${structure}`, { skip }, () => {
    const names = mode === "rw" ? live : overlay;
    for (const name of isLong ? names : names.slice(0, SHORT)) {
      test(name, async (t) => {
        const elf = await program(`syscalls/${name}`);
        const usual = boot(structure, elf);
        const folder = temporaryFolder(t);
        const run = boot(structure, elf, [], { ...change, ...mounted(folder, "/tmp", mode) });
        assert.equal(shown(run), shown(usual));
        assert.deepEqual(run.reports, []);
        for (const name of ["fs-host", "fs-overlay", "virtio-file-system"] as const) {
          assert.equal(run.system.refusals().get(name), undefined, `${name} was refused something`);
        }
      });
    }
  });
}
