/**
 * The embedder's side of a system that runs in a worker: sends and takes messages, and keeps what
 * is under way (programs, streams). The host adaptors bring the worker; system.ts makes the public
 * API of it.
 */
import { SixfoldError } from "./errors.js";
import {
  type FromWorker,
  STREAM_CONSOLE,
  STREAM_PRINTER,
  STREAM_TRACE,
  type StartRequest,
  streamsOf,
  type ToWorker,
  type WindowSize,
} from "./messages.js";
import { IncomingStream, OutgoingStream } from "./streams.js";

/** How a program ended: wait status as wait4 gives it. */
export interface ProgramEnd {
  readonly status: number;
  /** Run by the whole system since boot. */
  readonly instructions: number;
}

/** A program that runs in the worker. Without streams of its own it is on the console. */
export interface HostedProgram {
  readonly process: number;
  readonly stdin: WritableStream<Uint8Array>;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  /** Rejected only when the system itself ends first (SixfoldError). */
  readonly end: Promise<ProgramEnd>;
  /** To the process group that the program began with. */
  signal(signal: number): void;
}

/** The worker as its host adaptor has it; it boots what it was started with. */
export interface WorkerThread {
  post(message: ToWorker, transfer: readonly ArrayBuffer[]): void;
  /** Ends it at once. */
  terminate(): Promise<void>;
  /** Whether it keeps the embedder's process alive: no more. */
  unref(): void;
}

/** What a worker's adaptor tells. */
export interface WorkerListener {
  message(message: FromWorker): void;
  /** It threw, or could not be loaded. */
  failed(error: Error): void;
  exited(): void;
}

/** Takes what the guest prints. */
export interface Printer {
  write(bytes: Uint8Array): void;
  close(): void;
}

export interface LinkOptions {
  /** Starts the worker. */
  readonly worker: (listener: WorkerListener) => WorkerThread;
  /** Lines for the operator. */
  readonly report: (line: string, isDetail: boolean) => void;
  readonly printer: Printer | undefined;
}

interface Pending {
  readonly streams: readonly number[];
  readonly started: (process: number) => void;
  readonly ended: (end: ProgramEnd) => void;
  readonly failed: (error: SixfoldError) => void;
}

/** Starts the worker and boots a system in it. @throws SixfoldError when it does not boot */
export function bootLink(options: LinkOptions): Promise<Link> {
  return new Promise((resolve, reject) => {
    const link: Link = new Link(options, (error) => {
      if (error === undefined) resolve(link);
      else reject(error);
    });
  });
}

export class Link {
  /** What the guest writes to the console, and what it reads from there. */
  readonly console: { readonly output: IncomingStream; readonly input: OutgoingStream };
  /** A line per system call, when it was asked for. */
  readonly trace: IncomingStream;
  private readonly worker: WorkerThread;
  private readonly programs = new Map<number, Pending>();
  private readonly incoming = new Map<number, IncomingStream>();
  private readonly outgoing = new Map<number, OutgoingStream>();
  private programsStarted = 0;
  /** Why nothing can be done any more. */
  private ended: SixfoldError | undefined;

  constructor(
    private readonly options: LinkOptions,
    private readonly booted: (error: SixfoldError | undefined) => void,
  ) {
    this.console = {
      output: this.openIncoming(STREAM_CONSOLE),
      input: this.openOutgoing(STREAM_CONSOLE),
    };
    this.trace = this.openIncoming(STREAM_TRACE);
    this.worker = options.worker({
      message: (message) => this.receive(message),
      failed: (error) => {
        const text = `the worker failed: ${error.message}`;
        this.fail(new SixfoldError("panic", text, { cause: error }));
      },
      exited: () => this.fail(new SixfoldError("closed", "the system has ended")),
    });
  }

  /** Begins a program. @throws SixfoldError when it cannot be begun */
  async start(request: StartRequest): Promise<HostedProgram> {
    if (this.ended !== undefined) throw this.ended;
    const program = ++this.programsStarted;
    const numbers = streamsOf(program);
    const isOnConsole = request.terminal;
    const stdin = isOnConsole ? this.console.input : this.openOutgoing(numbers[0]);
    const stdout = isOnConsole ? this.console.output : this.openIncoming(numbers[1]);
    const stderr = this.openIncoming(numbers[2]);
    let hasEnded: (end: ProgramEnd) => void = () => undefined;
    let hasFailed: (error: SixfoldError) => void = () => undefined;
    const end = new Promise<ProgramEnd>((resolve, reject) => {
      hasEnded = resolve;
      hasFailed = reject;
    });
    // Who does not look at the end is not punished for it.
    end.catch(() => undefined);
    const process = await new Promise<number>((resolve, reject) => {
      this.programs.set(program, {
        streams: isOnConsole ? numbers.slice(2) : numbers,
        started: resolve,
        ended: hasEnded,
        failed: (error) => {
          reject(error);
          hasFailed(error);
        },
      });
      this.send({ kind: "start", program, request });
    });
    return {
      process,
      stdin: stdin.writable,
      stdout: stdout.readable,
      stderr: stderr.readable,
      end,
      signal: (signal) => this.send({ kind: "signal", program, signal }),
    };
  }

  /** The console's window has another size. */
  resize(window: WindowSize): void {
    this.send({ kind: "resize", window });
  }

  /** Ends the worker, at once. Programs that still run fail with code "closed". */
  async shutdown(): Promise<void> {
    this.fail(new SixfoldError("closed", "the system was shut down"));
    await this.worker.terminate();
  }

  /** Whether the worker keeps the embedder's process alive. */
  unref(): void {
    this.worker.unref();
  }

  private send(message: ToWorker, bytes?: Uint8Array): void {
    if (this.ended !== undefined) return;
    this.worker.post(message, bytes === undefined ? [] : [bytes.buffer as ArrayBuffer]);
  }

  private openIncoming(stream: number): IncomingStream {
    const incoming = new IncomingStream(stream, (message) => this.send(message));
    this.incoming.set(stream, incoming);
    return incoming;
  }

  private openOutgoing(stream: number): OutgoingStream {
    const outgoing = new OutgoingStream(stream, (message, bytes) => this.send(message, bytes));
    this.outgoing.set(stream, outgoing);
    return outgoing;
  }

  private receive(message: FromWorker): void {
    switch (message.kind) {
      case "ready":
        this.booted(undefined);
        break;
      case "failed":
        this.fail(new SixfoldError(message.code, message.message));
        break;
      case "panic":
        this.fail(new SixfoldError("panic", message.line));
        break;
      case "report":
        this.options.report(message.line, message.isDetail);
        break;
      case "output":
        if (message.stream === STREAM_PRINTER) this.print(message.bytes);
        else this.incoming.get(message.stream)?.push(message.bytes);
        break;
      case "input-taken":
        this.outgoing.get(message.stream)?.taken(message.lengthBytes);
        break;
      case "started":
        this.programs.get(message.program)?.started(message.process);
        break;
      case "refused":
        this.programs.get(message.program)?.failed(new SixfoldError(message.code, message.message));
        this.forget(message.program);
        break;
      case "ended": {
        const { status, instructions } = message;
        this.programs.get(message.program)?.ended({ status, instructions });
        this.forget(message.program);
        break;
      }
    }
  }

  private print(bytes: Uint8Array): void {
    this.options.printer?.write(bytes);
    this.send({ kind: "taken", stream: STREAM_PRINTER, lengthBytes: bytes.length });
  }

  /** The program is over: its streams end. */
  private forget(program: number): void {
    for (const stream of this.programs.get(program)?.streams ?? []) this.closeStream(stream);
    this.programs.delete(program);
  }

  private closeStream(stream: number): void {
    this.incoming.get(stream)?.end();
    this.outgoing.get(stream)?.end();
    this.incoming.delete(stream);
    this.outgoing.delete(stream);
  }

  /** The system is over: whoever waits learns why. */
  private fail(error: SixfoldError): void {
    if (this.ended !== undefined) return;
    this.ended = error;
    this.options.printer?.close();
    this.booted(error);
    for (const { failed } of this.programs.values()) failed(error);
    this.programs.clear();
    for (const stream of [...this.incoming.keys(), ...this.outgoing.keys()]) {
      this.closeStream(stream);
    }
    void this.worker?.terminate();
  }
}
