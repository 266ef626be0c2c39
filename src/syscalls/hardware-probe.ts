/**
 * riscv_hwprobe(2): what the processor can do, as key and value (Linux
 * Documentation/arch/riscv/hwprobe.rst). The machine is RV64GC, all harts alike, and does unaligned
 * accesses itself.
 */
import { EFAULT, EINVAL } from "../abi/errno.js";
import { ACCESS_READ, ACCESS_WRITE, USER_ADDRESS_LIMIT } from "../kernel/platform.js";
import { RANGE_BYTES_MAX, type Result } from "../kernel/protocol.js";
import type { Operate, Services } from "./row.js";

const PAIR_BYTES = 16;
/** Flag: the other way round, which harts have all these values. */
const WHICH_CPUS = 1;
const UNKNOWN_KEY = -1;
/** Ticks of the time CSR per second (src/kernel/time.ts). */
const TIME_FREQUENCY_HZ = 10_000_000;

/** Values by key: vendor, architecture and implementation id, base behaviour (IMA), extensions (F
 * and D, C), unaligned accesses (fast), size of a cbo.zero block, highest user address, frequency
 * of the time CSR, unaligned scalar (fast) and vector (unsupported) accesses. */
const VALUES: readonly number[] = Object.freeze([
  0,
  0,
  0,
  1,
  3,
  3,
  0,
  USER_ADDRESS_LIMIT - 1,
  TIME_FREQUENCY_HZ,
  3,
  4,
]);

/** riscv_hwprobe: pairs, their count, size and address of a set of processors, flags. */
export const probeHardware: Operate = (s, t, pairsAt, count, setBytes, setAt, flags) => {
  if ((flags & ~WHICH_CPUS) !== 0) return -EINVAL;
  const isWhich = flags !== 0;
  if (isWhich && (setBytes === 0 || setAt === 0)) return -EINVAL;
  if (!isWhich && (setBytes === 0) !== (setAt === 0)) return setAt === 0 ? -EFAULT : -EINVAL;
  const lengthBytes = count * PAIR_BYTES;
  if (!(lengthBytes <= RANGE_BYTES_MAX)) return -EINVAL;
  let failed = ready(s, t, setAt, Math.min(setBytes, 8), isWhich ? ACCESS_WRITE : ACCESS_READ);
  if (failed !== 0) return failed;
  const set = new Uint8Array(Math.min(setBytes, 8));
  if (set.length > 0) {
    failed = s.kernel.copyIn(t, setAt, set, 0, set.length);
    if (failed !== 0) return failed;
    // A set without an online processor.
    const isEmpty = set.every((byte) => byte === 0);
    if (!isWhich && ((set[0] as number) & 1) === 0) return -EINVAL;
    if (isWhich && isEmpty) set[0] = 1;
  }
  failed = ready(s, t, pairsAt, lengthBytes, ACCESS_WRITE);
  if (failed !== 0) return failed;
  const matches = fill(s, t, pairsAt, lengthBytes, isWhich);
  if (!isWhich || matches < 0) return Math.min(matches, 0);
  set.fill(0, 1);
  set[0] = (set[0] as number) & (matches > 0 ? 1 : 0);
  return s.kernel.copyOut(t, setAt, set, 0, set.length);
};

function ready(
  s: Services,
  caller: number,
  at: number,
  lengthBytes: number,
  access: number,
): Result {
  if (lengthBytes === 0) return 0;
  const readable = s.prepare(caller, at, lengthBytes, ACCESS_READ);
  if (readable < lengthBytes) return readable < 0 ? readable : -EFAULT;
  if (access === ACCESS_READ) return 0;
  const done = s.prepare(caller, at, lengthBytes, access);
  return done < 0 ? done : done < lengthBytes ? -EFAULT : 0;
}

/** Fills the values in, or compares them. @returns 1: all are as given, 0: not, or -errno */
function fill(
  s: Services,
  caller: number,
  at: number,
  lengthBytes: number,
  compares: boolean,
): Result {
  const bytes = new Uint8Array(lengthBytes);
  const failed = s.kernel.copyIn(caller, at, bytes, 0, lengthBytes);
  if (failed !== 0) return failed;
  const view = new DataView(bytes.buffer);
  let same = 1;
  for (let pair = 0; pair < lengthBytes; pair += PAIR_BYTES) {
    const key = view.getInt32(pair, true);
    const isHigh = view.getInt32(pair + 4, true) !== 0;
    const value = isHigh ? undefined : VALUES[key];
    if (value === undefined) {
      view.setInt32(pair, UNKNOWN_KEY, true);
      view.setInt32(pair + 4, UNKNOWN_KEY, true);
      view.setUint32(pair + 8, 0, true);
      view.setUint32(pair + 12, 0, true);
      same = 0;
      continue;
    }
    const low = value % 2 ** 32;
    const high = Math.floor(value / 2 ** 32);
    if (compares) {
      const given = [view.getUint32(pair + 8, true), view.getUint32(pair + 12, true)];
      // Of the sets of bits, what is asked for must be there; the others must be equal.
      const isSet = key === 3 || key === 4;
      const has = isSet
        ? ((given[0] as number) & ~low) === 0 && given[1] === 0
        : given[0] === low && given[1] === high;
      if (!has) same = 0;
      continue;
    }
    view.setUint32(pair + 8, low, true);
    view.setUint32(pair + 12, high, true);
  }
  const written = s.kernel.copyOut(caller, at, bytes, 0, lengthBytes);
  return written < 0 ? written : same;
}
