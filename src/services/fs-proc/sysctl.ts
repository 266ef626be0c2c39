/**
 * /proc/sys: settings of the kernel as files. Those that something goes by can be written; others
 * are what they are, and read-only.
 */

import { CAPABILITIES } from "../../abi/capability.js";
import { EINVAL } from "../../abi/errno.js";
import { PIPE_PAGES_SOFT } from "../../abi/file.js";
import { BACKLOG_MAX } from "../../abi/socket.js";
import {
  DOMAIN_NAME_DEFAULT,
  HOST_NAME_MAX,
  SYSTEM_MACHINE,
  SYSTEM_NAME,
  SYSTEM_RELEASE,
} from "../../abi/utsname.js";
import { type KernelCalls, RECORD, SETTING, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { bytesOf } from "../../kernel/texts.js";
import { DESCRIPTORS_MAX } from "./protocol.js";
import { PAGE_BYTES, type Source, systemRecord } from "./source.js";

/** A setting: its text without the newline, and how it is set. */
export interface Setting {
  /** Below /proc/sys. */
  readonly path: string;
  readonly value: (source: Source) => string;
  /** @returns 0 or -errno; absent: the setting cannot be changed */
  readonly set?: (source: Source, caller: TaskId, text: string) => Result;
}

/** Linux's default pid_max; ids are below it. */
const TASK_ID_MAX = 32768;
/** What the machine has contexts for. */
const THREADS_MAX = 16384;
const GROUPS_MAX = 65536;
const INTEGER_MAX = 2 ** 31 - 1;
const PIPE_BYTES_LIMIT = 2 ** 31;
/** As many as a table has at the least. */
const DESCRIPTORS_LEAST = 64;
const OVERFLOW_ID = 65534;
/** The entropy device is asked for every byte: the pool is always full. */
const ENTROPY_BITS = 256;
/** Stack, mappings and vDSO are placed by chance, the heap is not. */
const RANDOMIZE_MAPPINGS = 1;
/** Memory is promised and found when it is touched; only more than there is at all is refused. */
const OVERCOMMIT_HEURISTIC = 0;

const constant = (path: string, value: string | number): Setting => ({
  path,
  value: () => String(value),
});

/** A record of the system that the superuser may set (sethostname(2), setdomainname(2)). */
const name = (path: string, record: number, initial: string): Setting => ({
  path,
  value: ({ kernel }) => systemRecord(kernel, record) || initial,
  set({ kernel }, _caller, text) {
    const [line = ""] = text.split(/[\n\0]/, 1);
    kernel.publish(0, record, bytesOf(line.slice(0, HOST_NAME_MAX)));
    return 0;
  },
});

/**
 * A setting of the kernel that is a number from `least` to `most`.
 * @param rounded what it becomes
 */
const number = (
  path: string,
  which: number,
  least: number,
  most: number,
  rounded = (value: number): number => value,
): Setting => ({
  path,
  value: ({ kernel }) => String(kernel.setting(which)),
  set({ kernel }, _caller, text) {
    if (!/^\s*\d+\s*$/.test(text)) return -EINVAL;
    const value = Number(text);
    if (value < least || value > most) return -EINVAL;
    kernel.setSetting(which, rounded(value));
    return 0;
  },
});

/** A power of two of pages, at least one. */
const wholePages = (bytes: number): number =>
  Math.max(PAGE_BYTES, 2 ** Math.ceil(Math.log2(bytes)));

export const SETTINGS: readonly Setting[] = Object.freeze([
  constant("kernel/arch", SYSTEM_MACHINE),
  constant("kernel/cap_last_cap", CAPABILITIES - 1),
  // Empty: a core dump has nowhere to go.
  constant("kernel/core_pattern", ""),
  name("kernel/domainname", RECORD.domainName, DOMAIN_NAME_DEFAULT),
  name("kernel/hostname", RECORD.hostName, ""),
  constant("kernel/ngroups_max", GROUPS_MAX),
  constant("kernel/osrelease", SYSTEM_RELEASE),
  constant("kernel/ostype", SYSTEM_NAME),
  constant("kernel/overflowgid", OVERFLOW_ID),
  constant("kernel/overflowuid", OVERFLOW_ID),
  constant("kernel/pid_max", TASK_ID_MAX),
  constant("kernel/randomize_va_space", RANDOMIZE_MAPPINGS),
  { path: "kernel/random/boot_id", value: bootId },
  constant("kernel/random/entropy_avail", ENTROPY_BITS),
  constant("kernel/random/poolsize", ENTROPY_BITS),
  { path: "kernel/random/uuid", value: ({ kernel }) => randomUuid(kernel) },
  constant("kernel/tainted", 0),
  constant("kernel/threads-max", THREADS_MAX),
  { path: "kernel/version", value: ({ kernel }) => systemRecord(kernel, RECORD.version) },
  number("fs/nr_open", SETTING.descriptorsMax, DESCRIPTORS_LEAST, DESCRIPTORS_MAX - 1),
  number("fs/pipe-max-size", SETTING.pipeBytesMax, 1, PIPE_BYTES_LIMIT, wholePages),
  // 0: as many as memory has room for.
  constant("fs/pipe-user-pages-hard", 0),
  constant("fs/pipe-user-pages-soft", PIPE_PAGES_SOFT),
  constant("net/core/somaxconn", BACKLOG_MAX),
  number("vm/max_map_count", SETTING.regionsMax, 0, INTEGER_MAX),
  constant("vm/overcommit_memory", OVERCOMMIT_HEURISTIC),
]);

function bootId({ kernel, remembered }: Source): string {
  if (remembered.bootId === "") remembered.bootId = randomUuid(kernel);
  return remembered.bootId;
}

/** A random UUID (RFC 9562, version 4). */
function randomUuid(kernel: KernelCalls): string {
  const words = Array.from({ length: 4 }, () =>
    (kernel.randomWord() >>> 0).toString(16).padStart(8, "0"),
  );
  const digits = words.join("");
  const variant = ((Number.parseInt(digits.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20),
  ].join("-");
}
