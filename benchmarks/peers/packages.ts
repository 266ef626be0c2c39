/** What of Debian each peer is made of. */
import { join } from "node:path";
import { type Unpacked, unpackDebian } from "./debian.js";

/** QEMU 10: user mode is one static program; the system emulator comes with its libraries. */
export function qemuUser(): Promise<Unpacked> {
  const packages = ["qemu-user"];
  return unpackDebian({ name: "qemu-user", suite: "trixie", architecture: "amd64", packages });
}

export function qemuSystem(): Promise<Unpacked> {
  const packages = ["qemu-system-riscv", "opensbi"];
  const wanted = { suite: "trixie", architecture: "amd64", packages, dependencies: true } as const;
  return unpackDebian({ name: "qemu-system", ...wanted });
}

export function riscvKernel(): Promise<Unpacked> {
  const packages = ["linux-image-riscv64"];
  const wanted = { suite: "trixie", architecture: "riscv64", packages } as const;
  return unpackDebian({ name: "linux-riscv64", ...wanted, behind: "linux-image-" });
}

/** Debian 13 has no kernel for i386 any more. */
export function intelKernel(): Promise<Unpacked> {
  const packages = ["linux-image-686"];
  const wanted = { suite: "bookworm", architecture: "i386", packages } as const;
  return unpackDebian({ name: "linux-i386", ...wanted, behind: "linux-image-" });
}

export function seaBios(): Promise<Unpacked> {
  const packages = ["seabios"];
  return unpackDebian({ name: "seabios", suite: "trixie", architecture: "amd64", packages });
}

export async function busybox(architecture: "amd64" | "i386" | "riscv64"): Promise<string> {
  const name = `busybox-${architecture}`;
  const packages = ["busybox-static"];
  const { folder } = await unpackDebian({ name, suite: "trixie", architecture, packages });
  return join(folder, "usr", "bin", "busybox");
}

/** The version that a package's Debian version begins with: "10.0.2" of "1:10.0.2+ds-2". */
export function upstreamVersion({ versions }: Unpacked, name: string): string {
  return /^(?:\d+:)?([\d.]+)/.exec(versions[name] ?? "")?.[1] ?? "?";
}
