/**
 * Boot: a system from a structure, an image and its hosts. `System` is what a host adaptor drives:
 * it samples the clock, lets the system run for a budget, and waits as `run` says.
 *
 *   machine and board     createMachine, createBoard
 *   kernel                over the machine's platform interface
 *   services              placed in domains as the structure says (compose.ts)
 *   root file system      filled from the image (populate.ts), then PID 1
 */
import { ENOENT, ESRCH } from "../abi/errno.js";
import type { KernelCalls } from "../kernel/calls.js";
import { ATTRIBUTE, POWER, RECORD, SIGNAL_TO_GROUP } from "../kernel/calls.js";
import { createHandle } from "../kernel/handle.js";
import type { JobLimits, JobUsage } from "../kernel/jobs.js";
import { Kernel, type RunResult } from "../kernel/kernel.js";
import type { ClockOptions } from "../kernel/time.js";
import { type Board, createBoard } from "../machine/devices/board.js";
import type {
  ConsoleHost,
  ConsolePorts,
  EntropyHost,
  FolderHost,
  FolderPort,
  UartHost,
} from "../machine/devices/host.js";
import { createMachine, type Machine, type ModuleCache } from "../machine/machine.js";
import type { TranslationStoreOf } from "../machine/translate/kept.js";
import type { MemoryState } from "../services/memory/state.js";
import { Dispatch } from "../syscalls/dispatch.js";
import { preparer } from "../syscalls/prepare.js";
import type { Services } from "../syscalls/row.js";
import { SYSTEM_CALLS } from "../syscalls/table.js";
import { Tracer } from "../syscalls/trace.js";
import { SERVICE_NAMES } from "./catalogue.js";
import { type Composition, compose, type PlantedFault } from "./compose.js";
import { GuestFiles } from "./guest-files.js";
import { HostProcess } from "./host-process.js";
import { checkLimits, limitsOf } from "./limits.js";
import { type FolderMount, mountFolders } from "./mount-folders.js";
import { structureByName } from "./names.js";
import { panicLine } from "./panic.js";
import { type ExtraFile, Populator } from "./populate.js";
import { listProcesses, type ProcessEntry } from "./process-list.js";
import type { ProfileData } from "./profile-data.js";
import { profileSources } from "./profile-sources.js";
import { Profiler } from "./profiler.js";
import type { ProgramStart } from "./program-start.js";
import { Starter } from "./start.js";
import { hashState } from "./state.js";
import { createVdso } from "./vdso.js";

export { BLOCKED } from "../kernel/protocol.js";
export type { ModuleCache } from "../machine/machine.js";
export type { TranslationStore, TranslationStoreOf } from "../machine/translate/kept.js";
export type { CodeStore } from "../machine/translate/kept-modules.js";
export { PRINTER_NAME } from "../services/device/protocol.js";
export type { FileFacts, FileKind, ListedName } from "./file-facts.js";
export { FILE_CHUNK_BYTES, FILE_MOVED, type GuestFiles, ROOT_DIRECTORY } from "./guest-files.js";
export {
  type JobLimits,
  type JobUsage,
  LIMIT_NAMES,
  LimitError,
  type LimitName,
} from "./limits.js";
export type { FolderMount } from "./mount-folders.js";
export { StructureError } from "./names.js";
export type { ProcessEntry } from "./process-list.js";
export type { ProfileData } from "./profile-data.js";
export type { ProgramStart } from "./program-start.js";

export interface SystemOptions {
  /** Name of the structure. @see structureByName */
  readonly structure: string;
  /** A root file system as cpio newc archive. */
  readonly image: Uint8Array;
  /** Memory of the machine, a multiple of 64 KiB. */
  readonly ramBytes: number;
  readonly seed: number;
  readonly hostName?: string;
  readonly clock: ClockOptions;
  /** Tests: forced BLOCKED and spurious wake-ups. */
  readonly injection?: boolean;
  /** Tests: > 0: slices end after a random number of instructions up to this. */
  readonly preemptionInstructions?: number;
  /** Whether hot guest code is translated (default: "hot"), or everything at once, for tests. */
  readonly translator?: "off" | "hot" | "all";
  /** Where translations are kept for the next start; undefined: nowhere. */
  readonly translationStore?: TranslationStoreOf | undefined;
  /** Tests: ports copy every range through fresh memory. */
  readonly copyingPorts?: boolean;
  /** Tests: operations that throw. */
  readonly faults?: readonly PlantedFault[];
  readonly files?: readonly ExtraFile[];
  /** Folders of the host, and where they are seen. */
  readonly mounts?: readonly FolderMount[];
  /** The host's clock, in milliseconds: with it a profile is made. */
  readonly profileClock?: (() => number) | undefined;
  /** Takes a line per system call. */
  readonly trace?: ((line: string) => void) | undefined;
  /** Takes lines that the operator must see: a panic, a domain that died. */
  readonly report: (line: string) => void;
  /** Takes what is worth a line in verbose mode. */
  readonly reportDetail?: ((line: string) => void) | undefined;
  readonly hosts: {
    readonly console: ConsoleHost;
    readonly uart: UartHost;
    readonly entropy: EntropyHost;
    /** Needed for mounts. */
    readonly folders?: FolderHost | undefined;
  };
  readonly window?: { readonly columns: number; readonly rows: number };
  /** What all programs together may take, and each that has no limits of its own. */
  readonly limits?: Partial<JobLimits>;
  /** Bytes of translated code that the machine keeps, >= 1 or Infinity (default 64 MiB). */
  readonly translationBytes?: number | undefined;
  /** Keeps the compiled interpreter for further systems of the same memory size. */
  readonly moduleCache?: ModuleCache;
}

/** How a hosted program ended. */
export interface ProgramResult {
  /** Wait status, as wait4 gives it. */
  readonly status: number;
  /** The errno with which it could not be executed at all, or 0. */
  readonly startError: number;
  /** What its job has used so far; processes that it left may go on. */
  readonly usage: JobUsage;
}

/** Where an image has PID 1: links of folders are not followed here. */
const INITS: readonly string[] = Object.freeze(["sbin/init", "usr/sbin/init"]);

export class System {
  readonly kernel: Kernel;
  readonly composition: Composition;
  readonly machine: Machine;
  private readonly board: Board;
  private readonly dispatch: Dispatch;
  private readonly calls: KernelCalls;
  private readonly profiler: Profiler | undefined;
  private readonly starter: Starter;
  /** The files in it, for the host. */
  readonly files: GuestFiles;
  private panicText: string | undefined;
  /** Programs of the host whose result was not taken yet. */
  private readonly started = new Set<number>();

  /** Takes lines that the operator must see. The other options, the image above all, are let go. */
  private readonly report: (line: string) => void;

  constructor(options: SystemOptions) {
    this.report = options.report;
    const structure = structureByName(options.structure);
    const limits = limitsOf(options.limits ?? {}, options.ramBytes);
    this.profiler = this.profilerOf(options.profileClock);
    const parts = createParts(options, limits, this.profiler);
    this.machine = parts.machine;
    this.board = parts.board;
    this.kernel = parts.kernel;
    const vdso = createVdso();
    this.composition = compose(this.kernel, structure, {
      copyingPorts: options.copyingPorts ?? false,
      faults: options.faults ?? [],
      vdso,
    });
    this.calls = createHandle(this.kernel, 0);
    const version = `#1 Sixfold ${structure.name}`;
    this.dispatch = new Dispatch(this.kernel, this.services(), SYSTEM_CALLS, {
      report: options.reportDetail ?? (() => undefined),
      tracer: options.trace === undefined ? undefined : new Tracer(options.trace),
    });
    this.kernel.connect({
      calls: this.dispatch,
      memory: this.composition.service("memory"),
      process: this.composition.service("process"),
      scheduler: this.composition.service("scheduler"),
      processService: SERVICE_NAMES.indexOf("process"),
    });
    this.calls.publish(0, RECORD.version, new TextEncoder().encode(version));
    const hostName = options.hostName ?? "sixfold";
    this.calls.publish(0, RECORD.hostName, new TextEncoder().encode(hostName));
    const root = this.composition.service("fs-tmpfs");
    const populator = new Populator(this.kernel, root);
    populator.addImage(options.image);
    for (const file of options.files ?? []) populator.addFile(file);
    this.starter = new Starter(
      this.kernel,
      this.calls,
      this.composition.service("process"),
      this.composition.service("file"),
      limits,
    );
    const file = this.composition.service("file");
    const process = this.composition.service("process");
    const host = new HostProcess(this.kernel, this.calls, process, file);
    this.files = new GuestFiles(host, file);
    const mounts = options.mounts ?? [];
    for (const { target } of mounts) populator.addFolder(target);
    populator.finish();
    mountFolders(this.kernel, this.calls, this.composition.service("file"), mounts);
    this.kernel.jobs.isBooting = false;
    const init = INITS.find((path) => populator.find(path) >= 0);
    if (init !== undefined) this.starter.startInit(`/${init}`);
  }

  private services(): Services {
    const service = this.composition.service;
    return {
      kernel: this.calls,
      process: service("process"),
      file: service("file"),
      memory: service("memory"),
      prepare: preparer(this.kernel, service("memory")),
      futex: service("futex"),
      time: service("time"),
      scheduler: service("scheduler"),
      tty: service("tty"),
      entropy: service("virtio-entropy"),
    };
  }

  private profilerOf(clock: (() => number) | undefined): Profiler | undefined {
    if (clock === undefined) return undefined;
    const memory = () => this.composition.placed.get("memory")?.object.state as MemoryState;
    return new Profiler(profileSources(clock, () => this.kernel, memory));
  }

  /** What was measured since the first program's start; undefined: no profile is made. */
  profile(): ProfileData | undefined {
    return this.profiler?.data(this.machine.translations?.counts ?? { modules: 0, regions: 0 });
  }

  /** Hands what was translated since the last time to the store. */
  keepTranslations(): void {
    this.machine.flushTranslations();
  }

  /**
   * Works until the budget is spent or everything waits. After a panic nothing runs any more.
   * @param budgetInstructions > 0
   */
  run(budgetInstructions: number): RunResult {
    if (this.panicText !== undefined) {
      return { idle: true, wakeNanoseconds: Number.POSITIVE_INFINITY };
    }
    this.profiler?.resume();
    try {
      const result = this.kernel.run(budgetInstructions);
      this.profiler?.pause(result.idle);
      return result;
    } catch (error) {
      this.panicText = panicLine(error, this.composition);
      this.report(this.panicText);
      return { idle: true, wakeNanoseconds: Number.POSITIVE_INFINITY };
    }
  }

  /** The host's monotonic clock in nanoseconds since boot; to be told before each run. */
  sample(hostNanoseconds: number): void {
    this.kernel.time.sample(hostNanoseconds);
  }

  /** One line, once the system has halted by a bug of its own. */
  get panic(): string | undefined {
    return this.panicText;
  }

  /**
   * Begins a program as a child of init. It and all that descends from it are a job, which the
   * other calls name by this process.
   * @returns its process id, or -errno
   * @throws LimitError
   */
  start(program: ProgramStart): number {
    if (this.panicText !== undefined || this.ended !== undefined) return -ENOENT;
    checkLimits(program.limits ?? {});
    this.profiler?.begin();
    const process = this.starter.start(program);
    if (process > 0) this.started.add(process);
    return process;
  }

  /**
   * The end of a program that `start` began, once; undefined: it has not ended. Its job is
   * forgotten when nothing of it is left.
   */
  takeResult(process: number): ProgramResult | undefined {
    const status = this.panicText === undefined ? this.takeStatus(process) : undefined;
    const job = this.kernel.jobs.ofProcess(process);
    if (status === undefined || job === undefined) return undefined;
    this.started.delete(process);
    const usage = this.kernel.jobUsage(job);
    this.kernel.jobs.take(job);
    return { status: status & 0xffff, startError: status >>> 16, usage };
  }

  private takeStatus(process: number): number | undefined {
    const status = this.composition.service("process").takeResult(0, process);
    if (status >= 0) return status;
    const { power, stranded } = this.kernel.ends;
    const known = stranded.get(process);
    stranded.delete(process);
    if (known !== undefined) return known;
    // What still ran when the system ended, ended with it.
    return power !== POWER.on && this.started.has(process) ? 0 : undefined;
  }

  /** What a program and its descendants have used; undefined: the job is forgotten. */
  jobUsage(process: number): JobUsage | undefined {
    const job = this.kernel.jobs.ofProcess(process);
    return job === undefined ? undefined : this.kernel.jobUsage(job);
  }

  /**
   * Sends a signal to a program and all that descends from it, as the host (superuser). SIGKILL
   * ends all of it: no process of it comes after.
   * @returns 0, or -ESRCH: nothing of it lives
   */
  signalJob(process: number, signal: number): number {
    const job = this.kernel.jobs.ofProcess(process);
    return job === undefined ? -ESRCH : this.kernel.signalJob(job, signal);
  }

  /** The processes that there are, but for the one by which the host uses files. */
  processes(): ProcessEntry[] {
    const memory = this.composition.service("memory");
    return listProcesses(this.kernel, this.calls, memory, this.files.host.id);
  }

  /** How the system has ended by reboot(2); undefined: it goes on. */
  get ended(): "halt" | "off" | "restart" | undefined {
    const { power } = this.kernel.ends;
    if (power === POWER.halt) return "halt";
    if (power === POWER.off) return "off";
    return power === POWER.restart ? "restart" : undefined;
  }

  /** Sends a signal to a process, as the host (superuser). @returns 0 or -errno */
  signal(process: number, signal: number): number {
    return this.calls.postSignal(1, process, signal, 0, 0, 0, 0);
  }

  /** Sends a signal to a process group, as the host (superuser). @returns 0 or -errno */
  signalGroup(group: number, signal: number): number {
    return this.calls.postSignal(SIGNAL_TO_GROUP, group, signal, 0, 0, 0, 0);
  }

  /** Takes replies of the folders' host that come later. */
  get folders(): FolderPort {
    return this.board.folders;
  }

  get console(): ConsolePorts {
    return this.board.console;
  }

  /** Instructions run and charged since boot. */
  get instructions(): number {
    return this.kernel.time.state.instructionsTotal;
  }

  /** Everything that kernel, services and devices know, as plain data. */
  stateTree(): Record<string, unknown> {
    const services: Record<string, unknown> = {};
    const domains: Record<string, unknown> = {};
    for (const { name, object, domain } of this.composition.placed.values()) {
      services[name] = object.state;
      if (domain !== undefined) domains[name] = domain.state;
    }
    const devices: Record<string, unknown> = {};
    for (const [name, device] of Object.entries(this.board.devices)) devices[name] = device.state;
    return { kernel: this.kernel.state, services, domains, devices };
  }

  /** A hash of all state that does not depend on how often calls were re-run. */
  stateHash(): string {
    return hashState(this.stateTree(), {
      ram: this.machine.ram,
      references: this.kernel.frames.state.references,
    });
  }

  /** What manifests refused, by service. */
  refusals(): ReadonlyMap<string, ReadonlyMap<string, number>> {
    const all = new Map<string, ReadonlyMap<string, number>>();
    for (const { name, domain } of this.composition.placed.values()) {
      if (domain !== undefined && domain.state.refusals.size > 0) {
        all.set(name, domain.state.refusals);
      }
    }
    return all;
  }

  /** How often each row was forced, woken for nothing, or blocked, by system-call number. */
  get injectionCounts(): Kernel["injection"]["counts"] {
    return this.kernel.injection.counts;
  }

  /** Attributes of a task, for those who watch (tests, the debugger's eye). */
  attribute(task: number, which: keyof typeof ATTRIBUTE): number {
    return this.calls.attribute(task, ATTRIBUTE[which]);
  }
}

/** Machine, board and kernel know each other: they are joined through late-bound handlers. */
function createParts(
  options: SystemOptions,
  limits: JobLimits,
  profiler: Profiler | undefined,
): {
  machine: Machine;
  board: Board;
  kernel: Kernel;
} {
  let machine: Machine | undefined;
  let kernel: Kernel | undefined;
  const theMachine = (): Machine => {
    if (machine === undefined) throw new Error("the machine is used before it is made");
    return machine;
  };
  const theKernel = (): Kernel => {
    if (kernel === undefined) throw new Error("the kernel is used before it is made");
    return kernel;
  };
  const board = createBoard({
    memory: {
      get ram() {
        return theMachine().ram;
      },
      get codeFrames() {
        return theMachine().codeFrames;
      },
      invalidateCode: (frame) => theMachine().invalidateCode(frame),
    },
    timer: { timeTicks: () => kernel?.timeTicks(0) ?? 0 },
    uart: options.hosts.uart,
    console: options.hosts.console,
    entropy: options.hosts.entropy,
    folders: options.hosts.folders,
    window: options.window ?? { columns: 80, rows: 24 },
  });
  machine = createMachine({
    ramBytes: options.ramBytes,
    bus: board.bus,
    handlers: {
      environmentCall: (_context, executed) => theKernel().calls.environmentCall(executed),
      translate: (space, page, access) => theKernel().translate(space, page, access),
      timeTicks: (executed) => theKernel().timeTicks(executed),
    },
    translator: options.translator !== "off",
    profile: profiler,
    ...(options.translator === "all" ? { translateAfterSamples: 0 } : {}),
    ...(options.translationBytes === undefined
      ? {}
      : { translationBytes: options.translationBytes }),
    ...(options.moduleCache === undefined ? {} : { moduleCache: options.moduleCache }),
    ...(options.translationStore === undefined
      ? {}
      : { translationStore: options.translationStore }),
  });
  kernel = new Kernel(machine, {
    seed: options.seed,
    clock: options.clock,
    injection: options.injection ?? false,
    preemptionInstructions: options.preemptionInstructions ?? 0,
    limits,
    report: options.report,
    profile: profiler,
  });
  return { machine, board, kernel };
}

/** Boots a system. @throws StructureError, CpioError, or Error naming what cannot be made */
export function createSystem(options: SystemOptions): System {
  return new System(options);
}
