/**
 * The services of a system by name: their interfaces, and what each is told when it is made.
 */
import type { KernelCalls } from "../kernel/calls.js";
import type { Manifest } from "../kernel/manifest.js";
import type { Protocol } from "../kernel/protocol.js";
import type { CharacterDriver, EntropyDriver, FolderDriver } from "../services/device/protocol.js";
import type { EventsService } from "../services/events/protocol.js";
import type { FileService, FileSystemService } from "../services/file/protocol.js";
import type { HostFileSystemService } from "../services/fs-host/protocol.js";
import type { OverlayFileSystemService } from "../services/fs-overlay/protocol.js";
import type { FutexService } from "../services/futex/protocol.js";
import type { MemoryService } from "../services/memory/protocol.js";
import type { NetworkService } from "../services/network/protocol.js";
import type { ProcessService } from "../services/process/protocol.js";
import type { SchedulerService } from "../services/scheduler/protocol.js";
import type { TimeService } from "../services/time/protocol.js";
import type { TtyService } from "../services/tty/protocol.js";
import type { Vdso } from "./vdso.js";

/** The interface of every service by its name. */
export interface ServiceTypes {
  readonly "virtio-console": CharacterDriver;
  readonly "virtio-entropy": EntropyDriver;
  readonly "virtio-file-system": FolderDriver;
  readonly scheduler: SchedulerService;
  readonly time: TimeService;
  readonly memory: MemoryService;
  readonly futex: FutexService;
  readonly tty: TtyService;
  readonly events: EventsService;
  readonly network: NetworkService;
  readonly "fs-tmpfs": FileSystemService;
  readonly "fs-host": HostFileSystemService;
  readonly "fs-overlay": OverlayFileSystemService;
  readonly "fs-dev": FileSystemService;
  readonly "fs-pts": FileSystemService;
  readonly "fs-proc": FileSystemService;
  readonly file: FileService;
  readonly process: ProcessService;
}

export type ServiceName = keyof ServiceTypes;

/** What a structure tells a service at construction. */
export interface Making {
  /** Kernel calls, checked or not. */
  readonly calls: KernelCalls;
  /** A service below: the object itself or a proxy. */
  below<N extends ServiceName>(name: N): ServiceTypes[N];
  /** A service's number, for events. */
  number(name: ServiceName): number;
  readonly vdso: Vdso;
}

export interface Entry<N extends ServiceName> {
  readonly protocol: Protocol<ServiceTypes[N]>;
  readonly manifest: Manifest;
  make(making: Making): ServiceTypes[N] & { readonly state: object };
}
