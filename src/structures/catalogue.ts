/**
 * The catalogue of services: for each its protocol, its manifest, and how it is made over the
 * services below it. A new service is its folder and one entry here. The order is that of
 * construction, from the bottom up; a service's place in it is its number in the kernel.
 */
import { characterDriverProtocol, entropyProtocol } from "../services/device/protocol.js";
import { VirtioConsoleDriver } from "../services/device/virtio-console/index.js";
import { manifest as consoleManifest } from "../services/device/virtio-console/manifest.js";
import { VirtioEntropyDriver } from "../services/device/virtio-entropy/index.js";
import { manifest as entropyManifest } from "../services/device/virtio-entropy/manifest.js";
import { makeEvents } from "../services/events/events.js";
import { eventsManifest } from "../services/events/manifest.js";
import { eventsProtocol } from "../services/events/protocol.js";
import { makeFiles } from "../services/file/files.js";
import { fileManifest } from "../services/file/manifest.js";
import { fileProtocol } from "../services/file/protocol.js";
import { DeviceFileSystem } from "../services/fs-dev/dev.js";
import { devManifest } from "../services/fs-dev/manifest.js";
import { devProtocol } from "../services/fs-dev/protocol.js";
import { procManifest } from "../services/fs-proc/manifest.js";
import { ProcFileSystem } from "../services/fs-proc/proc.js";
import { procProtocol } from "../services/fs-proc/protocol.js";
import { ptsManifest } from "../services/fs-pts/manifest.js";
import { ptsProtocol } from "../services/fs-pts/protocol.js";
import { PseudoTerminalFileSystem } from "../services/fs-pts/pts.js";
import { tmpfsManifest } from "../services/fs-tmpfs/manifest.js";
import { tmpfsProtocol } from "../services/fs-tmpfs/protocol.js";
import { Tmpfs } from "../services/fs-tmpfs/tmpfs.js";
import { Futexes } from "../services/futex/futex.js";
import { futexManifest } from "../services/futex/manifest.js";
import { futexProtocol } from "../services/futex/protocol.js";
import { memoryManifest } from "../services/memory/manifest.js";
import { Memory } from "../services/memory/memory.js";
import { memoryProtocol } from "../services/memory/protocol.js";
import { networkManifest } from "../services/network/manifest.js";
import { makeNetwork } from "../services/network/network.js";
import { networkProtocol } from "../services/network/protocol.js";
import { processManifest } from "../services/process/manifest.js";
import { Processes } from "../services/process/process.js";
import { processProtocol } from "../services/process/protocol.js";
import { schedulerManifest } from "../services/scheduler/manifest.js";
import { schedulerProtocol } from "../services/scheduler/protocol.js";
import { Scheduler } from "../services/scheduler/scheduler.js";
import { timeManifest } from "../services/time/manifest.js";
import { timeProtocol } from "../services/time/protocol.js";
import { TimeKeeper } from "../services/time/time.js";
import { ttyManifest } from "../services/tty/manifest.js";
import { ttyProtocol } from "../services/tty/protocol.js";
import { Tty } from "../services/tty/tty.js";
import type { Entry, ServiceName } from "./service-types.js";

type Catalogue = { readonly [N in ServiceName]: Entry<N> };

/** Mounts of a new system besides the root: path and file system, in the order of `fileSystems`. */
const MOUNTS = Object.freeze([
  Object.freeze({ path: "/dev", fileSystem: 1 }),
  Object.freeze({ path: "/proc", fileSystem: 2 }),
  Object.freeze({ path: "", fileSystem: 3, type: "events" }),
  Object.freeze({ path: "/dev/pts", fileSystem: 4, type: "devpts" }),
  Object.freeze({ path: "", fileSystem: 5, type: "socket" }),
]);

/** The types that mount(2) takes, with their place in `fileSystems`. */
const TYPES = Object.freeze([
  ["tmpfs", 0],
  ["devtmpfs", 1],
  ["proc", 2],
  ["devpts", 4],
] as const);

export const CATALOGUE: Catalogue = Object.freeze({
  "virtio-console": {
    protocol: characterDriverProtocol("virtio-console"),
    manifest: consoleManifest,
    make: ({ calls, number }) =>
      new VirtioConsoleDriver(calls, {}, { owner: number("tty"), streamOwner: number("fs-dev") }),
  },
  "virtio-entropy": {
    protocol: entropyProtocol,
    manifest: entropyManifest,
    make: ({ calls }) => new VirtioEntropyDriver(calls, {}, {}),
  },
  scheduler: {
    protocol: schedulerProtocol,
    manifest: schedulerManifest,
    make: ({ calls }) => new Scheduler(calls),
  },
  time: {
    protocol: timeProtocol,
    manifest: timeManifest,
    make: ({ calls }) => new TimeKeeper(calls),
  },
  memory: {
    protocol: memoryProtocol,
    manifest: memoryManifest,
    make: ({ calls, vdso }) => new Memory(calls, {}, { vdso: vdso.bytes }),
  },
  futex: {
    protocol: futexProtocol,
    manifest: futexManifest,
    make: ({ calls, below }) => new Futexes(calls, { memory: below("memory") }),
  },
  tty: {
    protocol: ttyProtocol,
    manifest: ttyManifest,
    make: ({ calls, below }) => new Tty(calls, { driver: below("virtio-console") }, {}),
  },
  events: {
    protocol: eventsProtocol,
    manifest: eventsManifest,
    make: ({ calls }) => makeEvents(calls),
  },
  network: {
    protocol: networkProtocol,
    manifest: networkManifest,
    make: ({ calls }) => makeNetwork(calls),
  },
  "fs-tmpfs": {
    protocol: tmpfsProtocol,
    manifest: tmpfsManifest,
    make: ({ calls, below }) => new Tmpfs(calls, { memory: below("memory") }),
  },
  "fs-dev": {
    protocol: devProtocol,
    manifest: devManifest,
    make: ({ calls, below }) =>
      new DeviceFileSystem(calls, {
        tty: below("tty"),
        streams: below("virtio-console"),
        entropy: below("virtio-entropy"),
      }),
  },
  "fs-pts": {
    protocol: ptsProtocol,
    manifest: ptsManifest,
    make: ({ calls, below }) => new PseudoTerminalFileSystem(calls, { tty: below("tty") }),
  },
  "fs-proc": {
    protocol: procProtocol,
    manifest: procManifest,
    make: ({ calls, below }) =>
      new ProcFileSystem(calls, {
        memory: below("memory"),
        tty: below("tty"),
        network: below("network"),
      }),
  },
  file: {
    protocol: fileProtocol,
    manifest: fileManifest,
    make: ({ calls, below }) =>
      makeFiles(
        calls,
        {
          memory: below("memory"),
          fileSystems: [
            below("fs-tmpfs"),
            below("fs-dev"),
            below("fs-proc"),
            below("events"),
            below("fs-pts"),
            below("network"),
          ],
          events: below("events"),
          network: below("network"),
        },
        { root: 0, mounts: MOUNTS, types: TYPES, devices: 1, terminals: 4 },
      ),
  },
  process: {
    protocol: processProtocol,
    manifest: processManifest,
    make: ({ calls, below, vdso }) =>
      new Processes(
        calls,
        {
          file: below("file"),
          memory: below("memory"),
          futex: below("futex"),
          time: below("time"),
          tty: below("tty"),
          scheduler: below("scheduler"),
        },
        { signalReturnOffset: vdso.signalReturnOffset },
      ),
  },
} satisfies Catalogue);

/** The names in order of construction. */
export const SERVICE_NAMES: readonly ServiceName[] = Object.freeze(
  Object.keys(CATALOGUE) as ServiceName[],
);
