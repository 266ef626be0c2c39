/**
 * Rows of memory.
 */
import { EINVAL } from "../abi/errno.js";
import { address, descriptor, flags, int, long, path, size, unsigned } from "./arguments.js";
import { probeHardware } from "./hardware-probe.js";
import { row } from "./make-row.js";
import { mapMemory, residency } from "./memory-calls.js";
import { readProcess, writeProcess } from "./memory-transfer.js";
import type { Row } from "./row.js";

const MEMORY_ROWS: readonly Row[] = [
  row(214, "brk", [address], (s, t, at) => s.memory.setBreak(t, at)),
  row(215, "munmap", [address, size], (s, t, at, length) => s.memory.unmap(t, at, length)),
  row(216, "mremap", [address, size, size, flags, address], (s, t, ...words) => {
    const [at, oldLength, newLength, how, newAt] = words as readonly number[] as Five;
    return s.memory.remap(t, at, oldLength, newLength, how, newAt);
  }),
  row(222, "mmap", [address, size, int, int, descriptor, long], mapMemory),
  row(226, "mprotect", [address, size, int], (s, t, at, length, protection) =>
    s.memory.protect(t, at, length, protection),
  ),
  row(227, "msync", [address, size, int], (s, t, at, length, how) =>
    s.memory.synchronize(t, at, length, how),
  ),
  row(232, "mincore", [address, size, address], residency),
  row(233, "madvise", [address, size, int], (s, t, at, length, advice) =>
    s.memory.advise(t, at, length, advice),
  ),
  row(228, "mlock", [address, size], (s, t, at, length) => s.memory.lock(t, at, length, 0)),
  row(229, "munlock", [address, size], (s, t, at, length) => s.memory.unlock(t, at, length)),
  row(230, "mlockall", [int], (s, t, how) => (how === 0 ? -EINVAL : s.memory.lockAll(t, how))),
  row(231, "munlockall", [], (s, t) => s.memory.lockAll(t, 0)),
  row(258, "riscv_hwprobe", [address, size, size, address, unsigned], probeHardware),
  row(
    259,
    "riscv_flush_icache",
    [address, address, long],
    (_s, _t, _start, _end, how) => ((how & ~1) === 0 ? 0 : -EINVAL),
    "stores to code take effect at once on this machine",
  ),
  row(279, "memfd_create", [path, flags], (s, t, name, nameLength, how) =>
    s.file.createMemoryFile(t, name, nameLength, how),
  ),
  row(234, "remap_file_pages", [address, size, size, size, flags], (s, t, at, length, ...words) => {
    const [protection, page, how] = words;
    return protection !== 0 ? -EINVAL : s.memory.remapFile(t, at, length, page, how);
  }),
  row(270, "process_vm_readv", [int, address, size, address, size, long], readProcess),
  row(271, "process_vm_writev", [int, address, size, address, size, long], writeProcess),
  row(284, "mlock2", [address, size, int], (s, t, at, length, how) =>
    s.memory.lock(t, at, length, how),
  ),
];

type Five = [number, number, number, number, number];

export const MEMORY_TABLE: readonly Row[] = MEMORY_ROWS;
