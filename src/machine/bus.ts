/**
 * The bus: which device answers a physical address outside of RAM. It knows ranges and access sizes
 * and nothing of what the registers mean; the devices are in devices/.
 *
 * Layers: board.ts composes devices and this bus; platform.ts has the interface that others see.
 */
import type { Bus } from "./platform.js";

/** Size of one access in bytes; a double word is two accesses. */
export type AccessBytes = 1 | 2 | 4;

/** A device as the bus sees it. Its state is plain data, so that a snapshot is a walk. */
export interface BusDevice {
  /** All that the device remembers: numbers, strings, booleans, arrays, typed arrays, Maps. */
  state: object;
  /**
   * @param offset within the device's range and aligned to `sizeBytes`
   * @returns the unsigned value, or -1: no such register, or not in this size
   */
  load(offset: number, sizeBytes: AccessBytes): number;
  /**
   * @param value unsigned, below 2^(8 × sizeBytes)
   * @returns 0, or -1: no such register, or not in this size
   */
  store(offset: number, sizeBytes: AccessBytes, value: number): number;
}

/** A device and where it answers. */
export interface RegisterRange {
  readonly name: string;
  /** Physical address of the first register. */
  readonly base: number;
  readonly lengthBytes: number;
  /** Source at the interrupt controller, or 0: none. */
  readonly interrupt: number;
}

export interface MappedDevice extends RegisterRange {
  readonly device: BusDevice;
}

export interface BusOptions {
  /** Ranges must not overlap. */
  readonly devices: readonly MappedDevice[];
  /** Whether the interrupt controller asserts the hart's external interrupt now. */
  readonly interruptPending: () => boolean;
}

/** The answer to an access that no register answers. */
export const BUS_ERROR = -1;

function isAccessSize(sizeBytes: number): sizeBytes is AccessBytes {
  return sizeBytes === 1 || sizeBytes === 2 || sizeBytes === 4;
}

function checkRanges(sorted: readonly MappedDevice[]): void {
  let end = 0;
  for (const { name, base, lengthBytes } of sorted) {
    if (base < end || lengthBytes <= 0) {
      throw new Error(`bus: range of device ${name} is empty or overlaps the one below it`);
    }
    end = base + lengthBytes;
  }
}

/**
 * Connects devices to a bus. A misaligned access, one of another size than 1, 2 or 4 bytes and one
 * that no device answers are bus errors.
 *
 * @throws when two ranges overlap: a mistake of the board
 */
export function createBus(options: BusOptions): Bus {
  const devices = [...options.devices].sort((a, b) => a.base - b.base);
  checkRanges(devices);

  function find(address: number, sizeBytes: number): MappedDevice | undefined {
    if (!isAccessSize(sizeBytes) || address % sizeBytes !== 0) {
      return undefined;
    }
    for (const mapped of devices) {
      const offset = address - mapped.base;
      if (offset >= 0 && offset + sizeBytes <= mapped.lengthBytes) {
        return mapped;
      }
    }
    return undefined;
  }

  return {
    load(address, sizeBytes) {
      const mapped = find(address, sizeBytes);
      return mapped ? mapped.device.load(address - mapped.base, sizeBytes) : BUS_ERROR;
    },
    store(address, sizeBytes, value) {
      const mapped = find(address, sizeBytes);
      if (!mapped) {
        return BUS_ERROR;
      }
      const unsigned = sizeBytes === 4 ? value >>> 0 : value & (sizeBytes === 2 ? 0xffff : 0xff);
      return mapped.device.store(address - mapped.base, sizeBytes, unsigned);
    },
    get interruptPending() {
      return options.interruptPending();
    },
  };
}
