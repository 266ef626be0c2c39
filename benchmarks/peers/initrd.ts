/** A small root file system for the kernels under qemu-system and v86: busybox and the programs. */
import { gzipSync } from "node:zlib";
import { type CpioEntry, fileType, writeCpio } from "../../src/abi/cpio.js";

const initScript = `#!/bin/sh
export PATH=/bin HOME=/root
mount -t devtmpfs dev /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t tmpfs tmp /tmp
stty -echo -onlcr
cd /
export PS1='PROMPT# '
exec setsid cttyhack sh -i
`;
const applets = ["sh", "mount", "mkdir", "setsid", "cttyhack", "cat", "ls", "stty", "uname"];
const folders = ["bin", "proc", "sys", "dev", "tmp", "bench", "root"];

/** An entry of an archive; owner root, time 0. */
export function entry(
  path: string,
  mode: number,
  data: Uint8Array = new Uint8Array(0),
  device = 0,
): CpioEntry {
  const numbers = { uid: 0, gid: 0, mtime: 0, nlink: 1, inode: 0, deviceMajor: 0, deviceMinor: 0 };
  return { path, mode, data, ...numbers, rdevMajor: device >> 8, rdevMinor: device & 255 };
}

/** @param programs by name, put into /bench */
export function initrd(busybox: Uint8Array, programs: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const text = (line: string) => new TextEncoder().encode(line);
  const executable = fileType.regular | 0o755;
  const archive = writeCpio([
    ...folders.map((path) => entry(path, fileType.directory | 0o755)),
    entry("dev/console", fileType.characterDevice | 0o600, undefined, 0x501),
    entry("dev/null", fileType.characterDevice | 0o666, undefined, 0x103),
    entry("init", executable, text(initScript)),
    entry("bin/busybox", executable, busybox),
    ...applets.map((name) => entry(`bin/${name}`, fileType.symbolicLink | 0o777, text("busybox"))),
    ...[...programs].map(([name, data]) => entry(`bench/${name}`, executable, data)),
  ]);
  return gzipSync(archive, { level: 1 });
}
