/**
 * The embedder's side of a system that runs in a worker: sends and takes messages, and keeps what
 * is under way (programs, streams). The host adaptors bring the worker; system.ts makes the public
 * API of it.
 */
import { abortError, SixfoldError } from "./errors.js";
import {
  type Answer,
  type FromWorker,
  type ProgramEnd,
  type Request,
  STREAM_CONSOLE,
  STREAM_PRINTER,
  STREAM_TRACE,
  type StartRequest,
  type StopReason,
  streamsOf,
  type ToWorker,
  type WindowSize,
} from "./messages.js";
import { IncomingStream, OutgoingStream } from "./streams.js";

/** A program that runs in the worker. */
export interface HostedProgram {
  readonly process: number;
  readonly stdin: OutgoingStream;
  readonly stdout: IncomingStream;
  readonly stderr: IncomingStream;
  /** Rejected only when the system itself ends first (SixfoldError). */
  readonly end: Promise<ProgramEnd>;
  /** To the process group that the program began with. */
  signal(signal: number): void;
  /** To all that descends from it, because the run is to end. */
  stop(signal: number, reason: StopReason): void;
}

/** The worker as its host adaptor has it; it boots what it was started with. */
export interface WorkerThread {
  post(message: ToWorker, transfer: readonly ArrayBuffer[]): void;
  /** Ends it at once. */
  terminate(): Promise<void>;
  /** Whether it keeps the embedder's process alive. */
  hold(isHeld: boolean): void;
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
  /** Shuts the system down, also while it boots. */
  readonly signal?: AbortSignal | undefined;
}

interface Asked {
  readonly answered: (answer: Answer) => void;
  readonly denied: (error: number) => void;
  readonly failed: (error: SixfoldError) => void;
}

/** A request was answered with an error of Linux's. */
export class DeniedError extends Error {
  /** @param error the number, > 0 */
  constructor(readonly error: number) {
    super(`error ${error}`);
  }
}

interface Pending {
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

/** A system in a worker, as the embedder's side keeps it. */
export class Link {
  /** What the guest writes to the console while no program has it. */
  readonly console: IncomingStream;
  /** A line per system call, when it was asked for. */
  readonly trace: IncomingStream;
  private readonly worker: WorkerThread;
  private readonly kept: Omit<LinkOptions, "worker">;
  private readonly programs = new Map<number, Pending>();
  private readonly asked = new Map<number, Asked>();
  private readonly incoming = new Map<number, IncomingStream>();
  private readonly outgoing = new Map<number, OutgoingStream>();
  private programsStarted = 0;
  private requestsMade = 0;
  private isReady = false;
  private isHeld = true;
  /** Why nothing can be done any more. */
  private ended: SixfoldError | undefined;

  constructor(
    options: LinkOptions,
    private readonly booted: (error: SixfoldError | undefined) => void,
  ) {
    this.console = this.openIncoming(STREAM_CONSOLE);
    this.trace = this.openIncoming(STREAM_TRACE);
    const { report, printer, signal } = options;
    // The rest, with the image, is let go.
    this.kept = { report, printer, signal };
    this.worker = options.worker({
      message: (message) => this.receive(message),
      failed: (error) => {
        const text = `the worker failed: ${error.message}`;
        this.fail(new SixfoldError("panic", text, { cause: error }));
      },
      exited: () => this.fail(new SixfoldError("closed", "the system has ended")),
    });
    if (signal?.aborted === true) this.abort();
    signal?.addEventListener("abort", this.abort, { once: true });
  }

  private readonly abort = (): void => {
    const signal = this.kept.signal as AbortSignal;
    const isBooting = !this.isReady;
    const error = isBooting ? abortError("the boot", signal) : abortError("the system", signal);
    this.fail(error);
  };

  /** Begins a program. @throws SixfoldError when it cannot be begun */
  async start(request: StartRequest): Promise<HostedProgram> {
    if (this.ended !== undefined) throw this.ended;
    const program = ++this.programsStarted;
    const [input, output, errors] = streamsOf(program);
    const stdin = this.openOutgoing(input);
    const stdout = this.openIncoming(output);
    const stderr = this.openIncoming(errors);
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
        started: resolve,
        ended: hasEnded,
        failed: (error) => {
          reject(error);
          hasFailed(error);
        },
      });
      this.send({ kind: "start", program, request });
      this.hold();
    });
    return {
      process,
      stdin,
      stdout,
      stderr,
      end,
      signal: (signal) => this.send({ kind: "signal", program, signal }),
      stop: (signal, reason) => this.send({ kind: "stop", program, signal, reason }),
    };
  }

  /**
   * Asks the worker for something.
   * @throws DeniedError when the guest's system refuses, SixfoldError when there is none any more
   */
  async request(request: Request): Promise<Answer> {
    if (this.ended !== undefined) throw this.ended;
    const number = ++this.requestsMade;
    return await new Promise((answered, reject) => {
      const denied = (error: number): void => reject(new DeniedError(error));
      this.asked.set(number, { answered, denied, failed: reject });
      const bytes = request.operation === "write" ? request.bytes : undefined;
      this.send({ kind: "request", number, request }, bytes);
      this.hold();
    });
  }

  /** The console's window has another size. */
  resize(window: WindowSize): void {
    this.send({ kind: "resize", window });
  }

  /** Ends the worker, at once. What is under way fails with the error. */
  async shutdown(error = new SixfoldError("closed", "the system was shut down")): Promise<void> {
    this.fail(error);
    await this.worker.terminate();
  }

  /** The worker keeps the embedder's process alive while something is under way, and only then. */
  private hold(): void {
    const isHeld = !this.isReady || this.programs.size + this.asked.size > 0;
    if (isHeld === this.isHeld) return;
    this.isHeld = isHeld;
    this.worker.hold(isHeld);
  }

  private send(message: ToWorker, bytes?: Uint8Array): void {
    if (this.ended !== undefined) return;
    this.worker.post(message, bytes === undefined ? [] : [bytes.buffer as ArrayBuffer]);
  }

  private openIncoming(stream: number): IncomingStream {
    const incoming = new IncomingStream(stream, (message, bytes) => this.send(message, bytes));
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
        this.isReady = true;
        this.hold();
        this.booted(undefined);
        break;
      case "failed":
        this.fail(new SixfoldError(message.code, message.message));
        break;
      case "panic":
        this.fail(new SixfoldError("panic", message.line));
        break;
      case "report":
        this.kept.report(message.line, message.isDetail);
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
      case "refused": {
        const { code, errno } = message;
        const error = new SixfoldError(code, message.message, { errno });
        this.programs.get(message.program)?.failed(error);
        this.forget(message.program);
        break;
      }
      case "ended":
        this.programs.get(message.program)?.ended(message.end);
        this.forget(message.program);
        break;
      case "answer":
        this.takeAsked(message.number)?.answered(message.value);
        break;
      case "denied":
        this.takeAsked(message.number)?.denied(message.error);
        break;
    }
  }

  private takeAsked(number: number): Asked | undefined {
    const asked = this.asked.get(number);
    this.asked.delete(number);
    this.hold();
    return asked;
  }

  private print(bytes: Uint8Array): void {
    this.kept.printer?.write(bytes);
    this.send({ kind: "taken", stream: STREAM_PRINTER, lengthBytes: bytes.length });
  }

  /** The program is over: its streams end. */
  private forget(program: number): void {
    for (const stream of streamsOf(program)) this.closeStream(stream);
    this.programs.delete(program);
    this.hold();
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
    this.kept.signal?.removeEventListener("abort", this.abort);
    this.kept.printer?.close();
    this.booted(error);
    for (const { failed } of [...this.programs.values(), ...this.asked.values()]) failed(error);
    // What a program wrote is not all there is; the console's and the trace's end is no loss.
    for (const program of this.programs.keys()) {
      for (const stream of streamsOf(program)) this.incoming.get(stream)?.fail(error);
    }
    this.programs.clear();
    this.asked.clear();
    for (const stream of [...this.incoming.keys(), ...this.outgoing.keys()]) {
      this.closeStream(stream);
    }
    void this.worker?.terminate();
  }
}
