/**
 * What the tests of drivers run on: the real board behind the real kernel, without a hart. The
 * driver is in a domain of its own, behind a port that copies every message, with no rights but its
 * manifest's; task 0 calls it with scratch memory, and a recorder stands for the owner service.
 */
import type { KernelCalls } from "../../src/kernel/calls.js";
import { createDomain, type Domain, restrict } from "../../src/kernel/domain.js";
import { createHandle } from "../../src/kernel/handle.js";
import { Kernel } from "../../src/kernel/kernel.js";
import type { Manifest } from "../../src/kernel/manifest.js";
import { type Port, proxy } from "../../src/kernel/port.js";
import type { Protocol, Result } from "../../src/kernel/protocol.js";
import { type Board, createBoard } from "../../src/machine/devices/board.js";
import type { Platform } from "../../src/machine/platform.js";

const OWNER = 1;
const DRIVER = 2;
const FRAMES = 256;

export interface Host {
  /** Output by port of the console, and of the UART under "uart". */
  readonly output: Map<number | "uart", number[]>;
  /** Bytes that the host takes before it is full. */
  room: number;
  readonly opened: [number, boolean][];
}

export interface Rig<S, T extends S = S> {
  readonly kernel: Kernel;
  readonly board: Board;
  readonly host: Host;
  readonly domain: Domain;
  /** The driver itself, for its state, and as its callers see it. */
  readonly service: T;
  readonly driver: S;
  /** Events that the owner got: [kind, words]. */
  readonly events: [number, number, number, number][];
  /** Lets the kernel deliver interrupts and events. */
  settle(): void;
  /** Writes bytes by a call with scratch. @returns the driver's result */
  write(call: (address: number, lengthBytes: number) => Result, bytes: Uint8Array): Result;
  /** Reads by a call with scratch. @returns the bytes, or the errno */
  read(
    call: (address: number, lengthBytes: number) => Result,
    lengthBytes: number,
  ): number[] | Result;
}

function createHost(): { host: Host; take: (port: number | "uart", bytes: Uint8Array) => number } {
  const host: Host = { output: new Map(), room: Number.POSITIVE_INFINITY, opened: [] };
  const take = (port: number | "uart", bytes: Uint8Array): number => {
    const taken = Math.min(bytes.length, host.room);
    host.room -= taken;
    const sent = host.output.get(port) ?? [];
    host.output.set(port, sent);
    for (const byte of bytes.subarray(0, taken)) sent.push(byte);
    return taken;
  };
  return { host, take };
}

/** A platform of RAM and bus: nothing runs on it. */
function createPlatform(): { platform: Platform; host: Host; board: Board } {
  const { host, take } = createHost();
  const ram = new Uint8Array(FRAMES * 4096);
  const memory = { ram, codeFrames: new Uint8Array(FRAMES), invalidateCode: () => {} };
  let nextRandom = 0;
  const board = createBoard({
    memory,
    timer: { timeTicks: () => 0 },
    uart: { output: (bytes) => take("uart", bytes), inputReady: () => {} },
    console: {
      output: take,
      inputReady: () => {},
      guestOpened: (port, open) => void host.opened.push([port, open]),
    },
    entropy: { fill: (bytes) => bytes.set(bytes.map(() => nextRandom++)) },
    window: { columns: 80, rows: 25 },
  });
  const platform = { ...memory, frameCount: FRAMES, bus: board.bus } as unknown as Platform;
  return { platform, host, board };
}

/** Builds a driver on a fresh board. */
export function createRig<S extends { event(...words: number[]): Result }, T extends S>(
  protocol: Protocol<S>,
  manifest: Manifest,
  create: (kernel: KernelCalls, options: { owner: number }) => T,
): Rig<S, T> {
  const { platform, host, board } = createPlatform();
  const clock = { virtual: true, epochSeconds: 0, epochNanoseconds: 0 };
  const report = (line: string): void => {
    throw new Error(line);
  };
  const options = { seed: 1, clock, injection: false, preemptionInstructions: 0, report };
  const kernel = new Kernel(platform, options);
  const own = createHandle(kernel, 0);
  const domain = createDomain(manifest);
  const service = create(restrict(domain, createHandle(kernel, DRIVER)), { owner: OWNER });
  const port: Port<S> = { protocol, domain, number: DRIVER, service, copying: true, served: 0 };
  const driver = proxy(kernel, port, undefined, own);
  const events: [number, number, number, number][] = [];
  kernel.services[OWNER] = {
    name: "owner",
    service: { event: (_, kind, ...words) => events.push([kind, ...words]) * 0 },
  };
  kernel.services[DRIVER] = { name: manifest.service, service: driver };
  return {
    kernel,
    board,
    host,
    domain,
    service,
    driver,
    events,
    settle: () => void kernel.run(1),
    write(call, bytes) {
      const address = own.scratch(0, bytes.length);
      own.copyOut(0, address, bytes, 0, bytes.length);
      return call(address, bytes.length);
    },
    read(call, lengthBytes) {
      const address = own.scratch(0, lengthBytes);
      const result = call(address, lengthBytes);
      if (result < 0) return result;
      const bytes = new Uint8Array(result);
      own.copyIn(0, address, bytes, 0, result);
      return [...bytes];
    },
  };
}
