/**
 * The programs that the host has started: their console ports, their streams, and their ends. A
 * program and all that descends from it are a job. It has ended for the host once its first process
 * has, what that left behind is gone too (unless it is detached), and all that was written is on
 * its way.
 */
import type { Account } from "../structures/accounts.js";
import type { System } from "../structures/boot.js";
import { errorName } from "../structures/error-name.js";
import { SixfoldError } from "./errors.js";
import type { Input } from "./input.js";
import {
  type FromWorker,
  type NamedProcess,
  type ProgramEnd,
  type StartRequest,
  type StopReason,
  streamsOf,
} from "./messages.js";
import type { Output } from "./output.js";

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const ID_MAX = 0xffff_fffe;

const SIGKILL = 9;
/** The port of the console itself. */
const CONSOLE_PORT = 0;
const SLOT_OUTPUT = 1;

interface Running {
  readonly process: number;
  /** Console ports of its standard input, output and error; with a terminal the console. */
  readonly ports: readonly number[];
  readonly isDetached: boolean;
  /** What it may still write. */
  outputLeft: number;
  /** It has written more: it is to be killed (true), or was. */
  isOverfull: boolean;
  isKilled: boolean;
  stopReason: StopReason | undefined;
  /** Once the first process has ended. */
  end: ProgramEnd | undefined;
}

/** Where the bytes of a console port go. */
interface Route {
  readonly stream: number;
  /** Undefined: to nobody in particular. */
  readonly program: number | undefined;
}

export class Programs {
  private readonly running = new Map<number, Running>();
  private readonly routes = new Map<number, Route>();
  private readonly portOfStream = new Map<number, number>();
  /** Where the console's output goes while no program has it. */
  private consoleBefore: Route | undefined;

  constructor(
    private readonly system: System,
    private readonly accounts: readonly Account[],
    private readonly input: Input,
    private readonly output: Output,
    private readonly post: (message: FromWorker) => void,
  ) {}

  get count(): number {
    return this.running.size;
  }

  /** What a port sends goes to a stream that no program has. */
  connect(port: number, stream: number): void {
    this.routes.set(port, { stream, program: undefined });
    this.portOfStream.set(stream, port);
  }

  /**
   * Takes what the guest has written to a port.
   * @param isBounded whether the writer is to wait when its reader does not read
   * @returns bytes taken
   */
  write(port: number, bytes: Uint8Array, isBounded: boolean): number {
    const route = this.routes.get(port);
    if (route === undefined) return bytes.length;
    const running = route.program === undefined ? undefined : this.running.get(route.program);
    if (running === undefined) return this.output.write(route.stream, bytes, isBounded);
    const allowed = bytes.subarray(0, running.outputLeft);
    const taken = this.output.write(route.stream, allowed, isBounded && running.end === undefined);
    running.outputLeft -= taken;
    if (taken < allowed.length || allowed.length === bytes.length) return taken;
    // The rest is dropped: what writes too much is as good as dead.
    running.isOverfull = true;
    return bytes.length;
  }

  /** There is room in a stream again. */
  offer(stream: number): void {
    const port = this.portOfStream.get(stream);
    if (port !== undefined) this.system.console.outputReady(port);
  }

  /** Nobody reads a stream any more: its writers get EPIPE. */
  cancel(stream: number): void {
    const port = this.portOfStream.get(stream);
    if (port !== undefined && port !== CONSOLE_PORT) this.system.console.closePort(port);
  }

  /** Begins a program and answers `started` or `refused`. */
  start(program: number, request: StartRequest): void {
    try {
      const process = this.begin(program, request);
      this.post({ kind: "started", program, process });
    } catch (error) {
      if (!(error instanceof SixfoldError)) throw error;
      const { code, message, errno } = error;
      this.post({ kind: "refused", program, code, message, errno });
    }
  }

  /** Sends a signal to the process group that the program began with. */
  signal(program: number, signal: number): void {
    const running = this.running.get(program);
    if (running === undefined || running.end !== undefined) return;
    this.system.signalGroup(running.process, signal);
  }

  /** Sends a signal to all that descends from the program, for good. */
  stop(program: number, signal: number, reason: StopReason): void {
    const running = this.running.get(program);
    if (running === undefined || running.end !== undefined) return;
    running.stopReason ??= reason;
    this.system.signalJob(running.process, signal);
  }

  /** Looks who has ended, and reports those who have. */
  settle(): void {
    for (const [program, running] of this.running) {
      if (running.isOverfull && !running.isKilled) this.kill(running);
      if (running.end === undefined) this.take(running);
      const { end } = running;
      if (end === undefined || this.isGoingOn(running)) continue;
      // What waits in the device has nobody to wait for.
      for (const port of running.ports) this.system.console.outputReady(port);
      this.running.delete(program);
      this.release(program, running.ports);
      this.post({ kind: "ended", program, end: { ...end, ...this.lateUsage(running, end) } });
    }
  }

  /** The processes that there are. */
  list(): NamedProcess[] {
    return this.system.processes().map((entry) => {
      const account = this.accounts.find(({ userId }) => userId === entry.userId);
      return { ...entry, user: account?.name };
    });
  }

  private kill(running: Running): void {
    running.isKilled = true;
    this.system.signalJob(running.process, SIGKILL);
  }

  private take(running: Running): void {
    const result = this.system.takeResult(running.process);
    if (result === undefined) return;
    const { status, startError, usage } = result;
    const limit = running.isOverfull ? "outputBytes" : usage.limit;
    running.end = { status, startError, stopReason: running.stopReason, limit, usage };
    if (!running.isDetached) this.kill(running);
  }

  /** Whether something of it still has to die. */
  private isGoingOn(running: Running): boolean {
    if (running.isDetached || this.system.panic !== undefined) return false;
    if (this.system.ended !== undefined) return false;
    return (this.system.jobUsage(running.process)?.processes ?? 0) > 0;
  }

  /** With what has died after the first process; a job without processes is forgotten. */
  private lateUsage(running: Running, end: ProgramEnd): Pick<ProgramEnd, "usage"> {
    return { usage: this.system.jobUsage(running.process) ?? end.usage };
  }

  private begin(program: number, request: StartRequest): number {
    const account = this.accountOf(request.user);
    const ports = request.terminal ? [CONSOLE_PORT] : this.addPorts(program);
    const base = {
      argv: request.argv,
      environment: environmentOf(account, request),
      userId: account.userId,
      groupId: account.groupId,
      terminal: request.terminal,
      limits: request.limits,
    };
    const streams = ports as unknown as readonly [number, number, number];
    const start = (workdir: string): number =>
      this.system.start({ ...base, workdir, ...(request.terminal ? {} : { streams }) });
    let process = start(request.workdir ?? account.home);
    // An account may have a home that is not there, or that nobody made readable for it.
    if (process < 0 && request.workdir === undefined) process = start("/");
    if (process < 0) {
      if (!request.terminal) this.release(program, ports);
      throw startError(request, process);
    }
    this.running.set(program, {
      process,
      ports,
      isDetached: request.detached,
      outputLeft: request.outputBytes,
      isOverfull: false,
      isKilled: false,
      stopReason: undefined,
      end: undefined,
    });
    if (request.terminal) this.takeConsole(program);
    else this.feed(program, request);
    return process;
  }

  private feed(program: number, request: StartRequest): void {
    const [stdin] = streamsOf(program);
    if (request.input.length > 0) this.input.write(stdin, request.input);
    if (request.inputEnded) this.input.end(stdin);
  }

  private addPorts(program: number): number[] {
    const ports: number[] = [];
    for (const [index, stream] of streamsOf(program).entries()) {
      const name = `program.${program}.${["stdin", "stdout", "stderr"][index]}`;
      const port = this.system.console.addPort(name);
      if (port < 0) {
        this.release(program, ports);
        throw new SixfoldError("busy", "too many programs at once: all console ports are in use");
      }
      ports.push(port);
      this.routes.set(port, { stream, program });
      this.portOfStream.set(stream, port);
      if (index === 0) this.input.open(stream, port, true);
    }
    return ports;
  }

  /** What the console shows goes to the program's host, and what that types to the console. */
  private takeConsole(program: number): void {
    const streams = streamsOf(program);
    this.consoleBefore = this.routes.get(CONSOLE_PORT);
    const stream = streams[SLOT_OUTPUT];
    this.routes.set(CONSOLE_PORT, { stream, program });
    this.portOfStream.set(stream, CONSOLE_PORT);
    // The console outlives the program: the end of what is typed does not close it.
    this.input.open(streams[0], CONSOLE_PORT, false);
  }

  private releaseConsole(program: number): void {
    const before = this.consoleBefore;
    if (before === undefined) this.routes.delete(CONSOLE_PORT);
    else this.routes.set(CONSOLE_PORT, before);
    this.removeStreams(program);
  }

  private release(program: number, ports: readonly number[]): void {
    if (ports[0] === CONSOLE_PORT) {
      this.releaseConsole(program);
      return;
    }
    for (const port of ports) {
      this.system.console.closePort(port);
      this.system.console.removePort(port);
      this.routes.delete(port);
    }
    this.removeStreams(program);
  }

  private removeStreams(program: number): void {
    for (const stream of streamsOf(program)) {
      this.portOfStream.delete(stream);
      this.input.remove(stream);
      this.output.remove(stream);
    }
  }

  private accountOf(user: string): Account {
    const known = this.accounts.find(({ name }) => name === user);
    if (known !== undefined) return known;
    const match = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(user);
    const userId = Number(match?.[1] ?? Number.NaN);
    const groupId = Number(match?.[2] ?? match?.[1] ?? Number.NaN);
    if (!(userId <= ID_MAX && groupId <= ID_MAX)) {
      const names = this.accounts.map(({ name }) => name).join(", ");
      const what = `no user "${user}" in the image; there are: ${names} (or UID[:GID])`;
      throw new SixfoldError("argument", what);
    }
    const named = this.accounts.find((account) => account.userId === userId);
    const nobody = { name: String(userId), home: "/", shell: "/bin/sh" };
    return { ...(named ?? nobody), userId, groupId };
  }
}

/** The account's variables, then the request's over them. */
function environmentOf(account: Account, request: StartRequest): string[] {
  const variables = new Map<string, string>([
    ["PATH", DEFAULT_PATH],
    ["HOME", account.home],
    ["USER", account.name],
    ["LOGNAME", account.name],
    ["SHELL", account.shell === "" ? "/bin/sh" : account.shell],
  ]);
  for (const entry of request.environment) {
    const at = entry.indexOf("=");
    variables.set(entry.slice(0, at), entry.slice(at + 1));
  }
  return [...variables].map(([name, value]) => `${name}=${value}`);
}

function startError(request: StartRequest, failed: number): SixfoldError {
  const what = request.argv[0] ?? "a program without a name";
  const where = request.workdir === undefined ? "" : ` in ${request.workdir}`;
  const errno = errorName(failed);
  return new SixfoldError("start", `cannot start ${what}${where}: ${errno}`, { errno });
}
