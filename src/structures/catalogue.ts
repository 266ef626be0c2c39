/**
 * The catalogue of services: for each its protocol, its manifest, and how it is made over the
 * services below it. A new service is its folder and one entry here. The order is that of
 * construction, from the bottom up; a service's place in it is its number in the kernel.
 */

import {
  characterDriverProtocol,
  entropyProtocol,
  folderDriverProtocol,
} from "../services/device/protocol.js";
import { VirtioConsoleDriver } from "../services/device/virtio-console/index.js";
import { manifest as consoleManifest } from "../services/device/virtio-console/manifest.js";
import { VirtioEntropyDriver } from "../services/device/virtio-entropy/index.js";
import { manifest as entropyManifest } from "../services/device/virtio-entropy/manifest.js";
import { VirtioFileSystemDriver } from "../services/device/virtio-file-system/index.js";
import { manifest as fileSystemManifest } from "../services/device/virtio-file-system/manifest.js";
import { Futexes } from "../services/futex/futex.js";
import { futexManifest } from "../services/futex/manifest.js";
import { futexProtocol } from "../services/futex/protocol.js";
import { memoryManifest } from "../services/memory/manifest.js";
import { Memory } from "../services/memory/memory.js";
import { memoryProtocol } from "../services/memory/protocol.js";
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
import { FILE_SERVICES } from "./catalogue-files.js";
import type { Entry, ServiceName } from "./service-types.js";

type Catalogue = { readonly [N in ServiceName]: Entry<N> };

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
  "virtio-file-system": {
    protocol: folderDriverProtocol,
    manifest: fileSystemManifest,
    make: ({ calls }) => new VirtioFileSystemDriver(calls),
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
  ...FILE_SERVICES,
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
