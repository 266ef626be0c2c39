/**
 * The physical memory map of the board: that of QEMU's RISC-V "virt" machine, as far as we have its
 * devices, and the registers of its interrupt controllers. Names and numbers only; the devices that
 * answer are in src/machine/devices, the drivers in src/kernel and src/services/device.
 *
 * Sources: RISC-V ACLINT 1.0 (MTIMER and MSWI in the layout of SiFive's CLINT), RISC-V PLIC 1.0.0.
 */

/** Core-local interruptor: software and timer interrupts of the hart. */
export const CLINT_BASE = 0x0200_0000;
export const CLINT_BYTES = 0x1_0000;
export const CLINT_MSIP = 0x0000;
export const CLINT_MTIMECMP_LOW = 0x4000;
export const CLINT_MTIMECMP_HIGH = 0x4004;
export const CLINT_MTIME_LOW = 0xbff8;
export const CLINT_MTIME_HIGH = 0xbffc;

/** Platform-level interrupt controller (PLIC 1.0.0, chapter 3 "Memory Map"). */
export const PLIC_BASE = 0x0c00_0000;
export const PLIC_BYTES = 0x60_0000;
/** Sources 1 to 95; source 0 does not exist (PLIC 1.0.0, chapter 2). */
export const PLIC_SOURCES = 96;
/** Priorities 0 (never) to 7. */
export const PLIC_PRIORITY_MAX = 7;
export const PLIC_CONTEXT_MACHINE = 0;
export const PLIC_CONTEXT_SUPERVISOR = 1;
export const PLIC_CONTEXTS = 2;
/** Offsets from PLIC_BASE; priority of source s at + 4 × s, pending bits as words of 32. */
export const PLIC_PRIORITY = 0x0000;
export const PLIC_PENDING = 0x1000;
/** Enable bits of context c at + 0x80 × c. */
export const PLIC_ENABLE = 0x2000;
export const PLIC_ENABLE_STRIDE = 0x80;
/** Threshold of context c at + 0x1000 × c; claim (load) and complete (store) 4 bytes behind it. */
export const PLIC_THRESHOLD = 0x20_0000;
export const PLIC_CLAIM = 0x20_0004;
export const PLIC_CONTEXT_STRIDE = 0x1000;

export const UART_BASE = 0x1000_0000;
export const UART_BYTES = 0x100;
export const UART_INTERRUPT = 10;

/** Slot n of the virtio-mmio devices: registers at base + n × stride, interrupt first + n. */
export const VIRTIO_BASE = 0x1000_1000;
export const VIRTIO_STRIDE = 0x1000;
export const VIRTIO_BYTES = 0x1000;
export const VIRTIO_INTERRUPT = 1;
export const VIRTIO_SLOT_CONSOLE = 0;
export const VIRTIO_SLOT_ENTROPY = 1;
export const VIRTIO_SLOT_FILE_SYSTEM = 2;
