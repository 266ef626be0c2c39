/**
 * The part of the catalogue (catalogue.ts) that makes files: file systems, files of events, the
 * sockets, and the file service over them with its mounts.
 */
import { makeEvents } from "../services/events/events.js";
import { eventsManifest } from "../services/events/manifest.js";
import { eventsProtocol } from "../services/events/protocol.js";
import { makeFiles } from "../services/file/files.js";
import { fileManifest } from "../services/file/manifest.js";
import { fileProtocol } from "../services/file/protocol.js";
import { DeviceFileSystem } from "../services/fs-dev/dev.js";
import { devManifest } from "../services/fs-dev/manifest.js";
import { devProtocol } from "../services/fs-dev/protocol.js";
import { HostFileSystem } from "../services/fs-host/host.js";
import { hostManifest } from "../services/fs-host/manifest.js";
import { hostProtocol } from "../services/fs-host/protocol.js";
import { overlayManifest } from "../services/fs-overlay/manifest.js";
import { OverlayFileSystem } from "../services/fs-overlay/overlay.js";
import { overlayProtocol } from "../services/fs-overlay/protocol.js";
import { procManifest } from "../services/fs-proc/manifest.js";
import { ProcFileSystem } from "../services/fs-proc/proc.js";
import { procProtocol } from "../services/fs-proc/protocol.js";
import { ptsManifest } from "../services/fs-pts/manifest.js";
import { ptsProtocol } from "../services/fs-pts/protocol.js";
import { PseudoTerminalFileSystem } from "../services/fs-pts/pts.js";
import { tmpfsManifest } from "../services/fs-tmpfs/manifest.js";
import { tmpfsProtocol } from "../services/fs-tmpfs/protocol.js";
import { Tmpfs } from "../services/fs-tmpfs/tmpfs.js";
import { networkManifest } from "../services/network/manifest.js";
import { makeNetwork } from "../services/network/network.js";
import { networkProtocol } from "../services/network/protocol.js";
import type { Entry } from "./service-types.js";

type FileServices = {
  readonly [N in
    | "events"
    | "network"
    | "fs-tmpfs"
    | "fs-host"
    | "fs-overlay"
    | "fs-dev"
    | "fs-pts"
    | "fs-proc"
    | "file"]: Entry<N>;
};

/** Mounts of a new system besides the root: path and file system, in the order of `fileSystems`. */
const MOUNTS = Object.freeze([
  Object.freeze({ path: "/dev", fileSystem: 1 }),
  Object.freeze({ path: "/proc", fileSystem: 2 }),
  Object.freeze({ path: "", fileSystem: 3, type: "events" }),
  Object.freeze({ path: "/dev/pts", fileSystem: 4, type: "devpts" }),
  Object.freeze({ path: "/dev/shm", fileSystem: 0, type: "tmpfs" }),
  Object.freeze({ path: "", fileSystem: 5, type: "socket" }),
]);

/** The types that mount(2) takes, with their place in `fileSystems`. */
const TYPES = Object.freeze([
  ["tmpfs", 0],
  ["devtmpfs", 1],
  ["proc", 2],
  ["devpts", 4],
  ["virtiofs", 6],
  ["overlay", 7],
] as const);

/** The entries, in order of construction. */
export const FILE_SERVICES: FileServices = Object.freeze({
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
  "fs-host": {
    protocol: hostProtocol,
    manifest: hostManifest,
    make: ({ calls, below }) =>
      new HostFileSystem(calls, {
        driver: below("virtio-file-system"),
        memory: below("memory"),
      }),
  },
  "fs-overlay": {
    protocol: overlayProtocol,
    manifest: overlayManifest,
    make: ({ calls, below }) =>
      new OverlayFileSystem(calls, { lower: below("fs-host"), upper: below("fs-tmpfs") }),
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
            below("fs-host"),
            below("fs-overlay"),
          ],
          events: below("events"),
          network: below("network"),
        },
        { root: 0, mounts: MOUNTS, types: TYPES, devices: 1, terminals: 4 },
      ),
  },
} satisfies FileServices);
