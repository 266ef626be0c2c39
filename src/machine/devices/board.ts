/**
 * The board: the devices at their places in the memory map of QEMU's "virt" machine, wired to the
 * interrupt controller and to their hosts. The map itself is in src/abi/board.ts.
 */
import * as map from "../../abi/board.js";
import { type BusDevice, createBus, type MappedDevice, type RegisterRange } from "../bus.js";
import type { Bus } from "../platform.js";
import { Clint } from "./clint.js";
import type { GuestMemory } from "./guest-memory.js";
import type {
  ConsoleHost,
  ConsolePorts,
  EntropyHost,
  FolderHost,
  FolderPort,
  TimerHost,
  UartHost,
  UartPort,
} from "./host.js";
import { Plic } from "./plic.js";
import { Uart } from "./uart.js";
import { VirtioConsole } from "./virtio-console.js";
import { VirtioEntropy } from "./virtio-entropy.js";
import { VirtioFileSystem } from "./virtio-file-system.js";

export interface BoardOptions {
  /**
   * RAM for the devices' direct memory access. Looked at only when a driver uses a queue, so it may
   * stand for a platform that is created after the board (a getter).
   */
  readonly memory: GuestMemory;
  readonly timer: TimerHost;
  readonly uart: UartHost;
  readonly console: ConsoleHost;
  readonly entropy: EntropyHost;
  /** Absent: the file system device has no folders. */
  readonly folders?: FolderHost | undefined;
  /** The console's window in characters, each 0 to 65535; 0 × 0: not known. */
  readonly window: { readonly columns: number; readonly rows: number };
}

export interface Board {
  readonly bus: Bus;
  /** The hosts' sides. */
  readonly console: ConsolePorts;
  readonly uart: UartPort;
  readonly folders: FolderPort;
  /** Levels of the hart's other interrupts, and when the timer's will come. */
  readonly timer: Pick<
    Clint,
    "softwareInterruptPending" | "timerInterruptPending" | "ticksUntilTimer"
  >;
  /** Where each device answers and which interrupt it has. */
  readonly ranges: readonly RegisterRange[];
  /** The devices by name; the `state` of each, plain data, is all that a snapshot needs. */
  readonly devices: Readonly<Record<string, BusDevice>>;
}

/** Composes the board. @throws nothing but for mistakes of the map itself */
export function createBoard(options: BoardOptions): Board {
  const { memory } = options;
  const plic = new Plic();
  const wire = (source: number) => (asserted: boolean) => plic.setLevel(source, asserted);
  const slot = (number: number, name: string, device: BusDevice): MappedDevice => ({
    name,
    device,
    base: map.VIRTIO_BASE + number * map.VIRTIO_STRIDE,
    lengthBytes: map.VIRTIO_BYTES,
    interrupt: map.VIRTIO_INTERRUPT + number,
  });
  const clint = new Clint(options.timer);
  const uart = new Uart(options.uart, wire(map.UART_INTERRUPT));
  const console = new VirtioConsole(
    options.console,
    options.window,
    memory,
    wire(map.VIRTIO_INTERRUPT + map.VIRTIO_SLOT_CONSOLE),
  );
  const entropy = new VirtioEntropy(
    options.entropy,
    memory,
    wire(map.VIRTIO_INTERRUPT + map.VIRTIO_SLOT_ENTROPY),
  );
  const folders = new VirtioFileSystem(
    options.folders,
    memory,
    wire(map.VIRTIO_INTERRUPT + map.VIRTIO_SLOT_FILE_SYSTEM),
  );
  const range = (name: string, device: BusDevice, base: number, lengthBytes: number) => ({
    name,
    device,
    base,
    lengthBytes,
    interrupt: 0,
  });
  const devices: MappedDevice[] = [
    range("clint", clint, map.CLINT_BASE, map.CLINT_BYTES),
    range("plic", plic, map.PLIC_BASE, map.PLIC_BYTES),
    { ...range("uart", uart, map.UART_BASE, map.UART_BYTES), interrupt: map.UART_INTERRUPT },
    slot(map.VIRTIO_SLOT_CONSOLE, "virtio-console", console),
    slot(map.VIRTIO_SLOT_ENTROPY, "virtio-entropy", entropy),
    slot(map.VIRTIO_SLOT_FILE_SYSTEM, "virtio-file-system", folders),
  ];
  return {
    bus: createBus({ devices, interruptPending: () => plic.interruptPending }),
    console,
    uart,
    folders,
    timer: clint,
    ranges: devices.map(({ name, base, lengthBytes, interrupt }) => ({
      name,
      base,
      lengthBytes,
      interrupt,
    })),
    devices: Object.fromEntries(devices.map(({ name, device }) => [name, device])),
  };
}
