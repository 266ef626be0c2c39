/**
 * The loop of the worker: sample the clock, let the system run for a few milliseconds, hand its
 * output on, take messages, wait when everything waits. Nothing here blocks the thread for longer
 * than a slice, so input and signals reach a busy guest within milliseconds.
 *
 * Under the virtual clock the guest's course must not depend on the host's: slices have a fixed
 * length, the system runs only while a program does, and where output piles up it pauses as a whole
 * instead of letting the writer alone wait.
 */
import type { ConsoleHost, EntropyHost, FolderHost, UartHost } from "../machine/devices/host.js";
import { accountsOf } from "../structures/accounts.js";
import {
  BLOCKED,
  createSystem,
  type ModuleCache,
  PRINTER_NAME,
  type System,
  type TranslationStoreOf,
} from "../structures/boot.js";
import { FileWork, type WorkLeft } from "./file-work.js";
import { FolderError, type SharedFolder } from "./folder-files.js";
import { Input } from "./input.js";
import {
  type BootData,
  type FromWorker,
  type Mount,
  type Request,
  STREAM_CONSOLE,
  STREAM_PRINTER,
  STREAM_TRACE,
  type ToWorker,
} from "./messages.js";
import { Output } from "./output.js";
import { Programs } from "./programs.js";

export type { TranslationStoreOf };

const SLICE_MS = 4;
const BUDGET_FIRST = 200_000;
const BUDGET_MIN = 20_000;
const BUDGET_MAX = 20_000_000;
const BUDGET_VIRTUAL = 1_000_000;
/** What the system may run before its first program: PID 1 comes up. */
const SETTLE_SLICES = 200;
/** A wait of less is not worth the event loop's timer, which counts in milliseconds. */
const WAIT_MS_MIN = 1;
const WAIT_MS_MAX = 2 ** 31 - 1;
/** Work on files that has to wait is tried again so soon, if nothing happens before. */
const RETRY_MS = 2;
/** The port of the console itself. */
const CONSOLE_PORT = 0;
const NANOSECONDS_PER_MS = 1e6;

/** What the runner needs of its host, besides timers and a clock. */
export interface RunnerHost {
  /** Sends a message to the embedder's side. */
  post(message: FromWorker, bytes?: Uint8Array): void;
  /** Serves folders of the host; absent: there are none. @throws FolderError, naming one */
  readonly folders?: (
    folders: readonly SharedFolder[],
    late: (token: number, bytes: Uint8Array) => void,
  ) => FolderHost;
  fillRandom(bytes: Uint8Array): void;
  /** A WebAssembly module that was built beforehand; without it the system builds its own. */
  readonly moduleBytes?: (name: string) => Uint8Array<ArrayBuffer> | undefined;
  /** The same module with code that the engine made of it beforehand; undefined: there is none. */
  readonly moduleWithCode?: (
    name: string,
    bytes: Uint8Array<ArrayBuffer>,
  ) => WebAssembly.Module | undefined;
  /** Where translations are kept, in a folder of the user's; undefined: nothing is kept. */
  readonly translationStore?: (
    folder: string,
    report: (line: string) => void,
  ) => TranslationStoreOf | undefined;
  /** One turn of the event loop, in which messages arrive. */
  turn(): Promise<void>;
}

export class Runner {
  readonly system: System;
  private readonly programs: Programs;
  private readonly output: Output;
  private readonly input: Input;
  private readonly files: FileWork;
  private readonly isVirtual: boolean;
  private readonly isConsoleRead: boolean;
  private readonly startMs = performance.now();
  private budget: number;
  private hasPanicked = false;
  /** Ends the current wait. */
  private wake: (() => void) | undefined;

  /** Boots. @throws StructureError, CpioError, Error naming what cannot be made */
  constructor(
    data: BootData,
    private readonly host: RunnerHost,
  ) {
    const post = (message: FromWorker, bytes?: Uint8Array): void => host.post(message, bytes);
    this.isVirtual = data.clock === "virtual";
    this.isConsoleRead = data.consoleIsRead;
    this.budget = this.isVirtual ? BUDGET_VIRTUAL : BUDGET_FIRST;
    this.output = new Output(post);
    this.input = new Input(() => this.system.console, post);
    this.system = createSystem({
      structure: data.structure,
      image: data.image,
      ramBytes: data.memoryBytes,
      seed: data.seed,
      hostName: data.hostName,
      window: data.window,
      limits: data.limits,
      translationBytes: data.translationBytes,
      mounts: data.mounts.map(({ target, mode = "rw" }, folder) => ({ folder, target, mode })),
      clock: {
        virtual: this.isVirtual,
        epochSeconds: data.epochSeconds,
        epochNanoseconds: data.epochNanoseconds,
        hostNanoseconds: () => this.now(),
      },
      report: (line) => post({ kind: "report", line, isDetail: false }),
      reportDetail: (line) => post({ kind: "report", line, isDetail: true }),
      profileClock: data.profile ? () => performance.now() : undefined,
      trace: data.trace ? (line) => this.trace(line) : undefined,
      hosts: {
        console: this.consoleHost(),
        uart: this.uartHost(),
        entropy: this.entropyHost(data.seed),
        folders: this.folderHost(data.mounts),
      },
      moduleCache: this.modules(),
      translationStore:
        data.translationFolder === undefined
          ? undefined
          : host.translationStore?.(data.translationFolder, (line) =>
              post({ kind: "report", line, isDetail: true }),
            ),
    });
    const accounts = accountsOf(data.image);
    this.programs = new Programs(this.system, accounts, this.input, this.output, post);
    this.files = new FileWork(this.system.files, BLOCKED, post);
    if (data.consoleIsRead) this.programs.connect(CONSOLE_PORT, STREAM_CONSOLE);
    if (data.printer) {
      this.programs.connect(this.system.console.addPort(PRINTER_NAME), STREAM_PRINTER);
    }
    this.settle();
  }

  private folderHost(mounts: readonly Mount[]): FolderHost | undefined {
    const shared = mounts.map(({ source, mode }) => ({
      source,
      isReadOnly: (mode ?? "rw") !== "rw",
    }));
    if (shared.length === 0) return undefined;
    if (this.host.folders === undefined) {
      throw new FolderError("folders of the host cannot be mounted here");
    }
    return this.host.folders(shared, (token, bytes) => {
      this.system.folders.reply(token, bytes);
      this.wake?.();
    });
  }

  /** Runs the system until the worker is terminated. */
  async run(): Promise<never> {
    for (;;) {
      const left = this.system.panic === undefined ? this.files.work(SLICE_MS) : "none";
      // What waits for the system needs it to run.
      if (left !== "waits" && this.mustPause()) {
        if (left === "more") await this.host.turn();
        else await this.waitForMessage(undefined);
        continue;
      }
      const waitMs = this.waitMsAfter(this.slice(), left);
      if (waitMs >= WAIT_MS_MIN) await this.waitForMessage(waitMs);
      else await this.host.turn();
    }
  }

  private waitMsAfter(
    { idle, wakeNanoseconds }: { idle: boolean; wakeNanoseconds: number },
    left: WorkLeft,
  ): number {
    if (!idle || left === "more") return 0;
    // Under the virtual clock "idle" means that only input can help.
    const untilMs = (wakeNanoseconds - this.now()) / NANOSECONDS_PER_MS;
    const waitMs = this.isVirtual ? WAIT_MS_MAX : untilMs;
    return left === "waits" ? Math.min(waitMs, RETRY_MS) : waitMs;
  }

  /** Takes a message of the embedder's side. */
  receive(message: ToWorker): void {
    switch (message.kind) {
      case "start":
        this.programs.start(message.program, message.request);
        break;
      case "input":
        this.input.write(message.stream, message.bytes);
        break;
      case "input-end":
        this.input.end(message.stream);
        break;
      case "taken":
        if (this.output.taken(message.stream, message.lengthBytes, message.buffer)) {
          this.programs.offer(message.stream);
        }
        break;
      case "drop":
        this.output.drop(message.stream);
        this.programs.offer(message.stream);
        break;
      case "cancel":
        this.programs.cancel(message.stream);
        break;
      case "request":
        this.request(message.number, message.request);
        break;
      case "resize":
        this.system.console.resize(message.window.columns, message.window.rows);
        break;
      case "signal":
        this.programs.signal(message.program, message.signal);
        break;
      case "stop":
        this.programs.stop(message.program, message.signal, message.reason);
        break;
    }
    this.wake?.();
  }

  private request(number: number, request: Request): void {
    if (request.operation === "processes") {
      this.host.post({ kind: "answer", number, value: this.programs.list() });
    } else if (request.operation === "profile") {
      this.host.post({ kind: "answer", number, value: this.system.profile() });
    } else {
      this.files.begin(number, request);
    }
  }

  private mustPause(): boolean {
    if (this.system.panic !== undefined) {
      if (!this.hasPanicked) this.host.post({ kind: "panic", line: this.system.panic });
      this.hasPanicked = true;
      return true;
    }
    return this.output.isOverfull() || (this.isVirtual && this.programs.count === 0);
  }

  private slice(): { idle: boolean; wakeNanoseconds: number } {
    const beganMs = performance.now();
    this.system.sample(this.now());
    const result = this.system.run(this.budget);
    // Before the embedder hears that a program has ended, and ends the worker.
    if (result.idle) this.system.keepTranslations();
    const hasInput = this.input.feedAll();
    this.programs.settle();
    this.output.flush();
    if (!this.isVirtual && !result.idle) this.adapt(performance.now() - beganMs);
    // What was fed after the run is work that the run did not see.
    return { ...result, idle: result.idle && !hasInput };
  }

  /** Keeps slices near SLICE_MS, however fast the host is. */
  private adapt(tookMs: number): void {
    if (tookMs < SLICE_MS / 2) this.budget = Math.min(this.budget * 2, BUDGET_MAX);
    else if (tookMs > SLICE_MS * 2) this.budget = Math.max(this.budget / 2, BUDGET_MIN);
  }

  private settle(): void {
    for (let slice = 0; slice < SETTLE_SLICES && this.system.panic === undefined; slice++) {
      this.system.sample(this.now());
      if (this.system.run(BUDGET_VIRTUAL).idle) break;
    }
    this.output.flush();
  }

  private trace(line: string): void {
    this.output.write(STREAM_TRACE, new TextEncoder().encode(`${line}\n`), false);
  }

  private modules(): ModuleCache {
    return {
      get: (name) => {
        const bytes = this.host.moduleBytes?.(name);
        if (bytes === undefined) return undefined;
        return this.host.moduleWithCode?.(name, bytes) ?? new WebAssembly.Module(bytes);
      },
      set: () => undefined,
    };
  }

  private consoleHost(): ConsoleHost {
    return {
      output: (port, bytes) => {
        if (this.programs !== undefined) return this.programs.write(port, bytes, !this.isVirtual);
        // While the system boots there are no programs yet, only the console.
        const isRead = port === CONSOLE_PORT && this.isConsoleRead;
        return isRead ? this.output.write(STREAM_CONSOLE, bytes, !this.isVirtual) : bytes.length;
      },
      // Input that waits is offered after every slice.
      inputReady: () => undefined,
      guestOpened: () => undefined,
    };
  }

  /** The UART is the operator's: its lines are details. */
  private uartHost(): UartHost {
    let line = "";
    return {
      output: (bytes) => {
        line += new TextDecoder("latin1").decode(bytes);
        const lines = line.split("\n");
        line = lines.pop() ?? "";
        for (const whole of lines) this.host.post({ kind: "report", line: whole, isDetail: true });
        return bytes.length;
      },
      inputReady: () => undefined,
    };
  }

  /** Under the virtual clock chance comes from the seed, so that two runs are identical. */
  private entropyHost(seed: number): EntropyHost {
    if (!this.isVirtual) return { fill: (bytes) => this.host.fillRandom(bytes) };
    let state = seed >>> 0;
    return {
      fill: (bytes) => {
        for (let i = 0; i < bytes.length; i++) {
          state = (state + 0x9e3779b9) >>> 0;
          bytes[i] = mix(state) >>> 24;
        }
      },
    };
  }

  /** Monotonic, in nanoseconds since boot. */
  private now(): number {
    return Math.floor((performance.now() - this.startMs) * NANOSECONDS_PER_MS);
  }

  /** @param timeoutMs undefined: no limit */
  private waitForMessage(timeoutMs: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const limitMs = Math.min(Math.ceil(timeoutMs ?? WAIT_MS_MAX), WAIT_MS_MAX);
      const timer = setTimeout(() => this.wake?.(), limitMs);
      this.wake = () => {
        clearTimeout(timer);
        this.wake = undefined;
        resolve();
      };
    });
  }
}

/** Mixing function of splitmix32: repeatable, not secret. */
function mix(state: number): number {
  let value = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  value = Math.imul(value ^ (value >>> 15), 0x735a2d97);
  return (value ^ (value >>> 15)) >>> 0;
}
