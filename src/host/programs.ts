/**
 * The programs that the host has started: their console ports, their streams, and their ends. A
 * program has ended for the host once its process has and all that it wrote was taken.
 */
import type { Account } from "../structures/accounts.js";
import type { System } from "../structures/boot.js";
import { errorName } from "../structures/error-name.js";
import { SixfoldError } from "./errors.js";
import type { Input } from "./input.js";
import { type FromWorker, STREAM_CONSOLE, type StartRequest, streamsOf } from "./messages.js";
import type { Output } from "./output.js";

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const ID_MAX = 0xffff_fffe;

interface Running {
  readonly process: number;
  /** Console ports of its standard input, output and error; none with a terminal. */
  readonly ports: readonly number[];
  /** Wait status, once the process has ended. */
  status: number | undefined;
}

export class Programs {
  private readonly running = new Map<number, Running>();
  /** Stream of each console port that somebody reads. */
  readonly streamOfPort = new Map<number, number>();

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

  /** Begins a program and answers `started` or `refused`. */
  start(program: number, request: StartRequest): void {
    try {
      const process = this.begin(program, request);
      this.post({ kind: "started", program, process });
    } catch (error) {
      if (!(error instanceof SixfoldError)) throw error;
      const { code, message } = error;
      this.post({ kind: "refused", program, code, message });
    }
  }

  /** Sends a signal to the process group that the program began with. */
  signal(program: number, signal: number): void {
    const running = this.running.get(program);
    if (running === undefined || running.status !== undefined) return;
    this.system.signalGroup(running.process, signal);
  }

  /** Looks who has ended, and reports those whose output is all on its way. */
  settle(): void {
    for (const [program, running] of this.running) {
      running.status ??= this.system.takeResult(running.process)?.status;
      if (running.status === undefined) continue;
      const streams = running.ports.length === 0 ? [STREAM_CONSOLE] : streamsOf(program);
      if (streams.some((stream) => this.output.isRefused(stream))) continue;
      this.running.delete(program);
      this.release(program, running.ports);
      const { status } = running;
      this.post({ kind: "ended", program, status, instructions: this.system.instructions });
    }
  }

  private begin(program: number, request: StartRequest): number {
    const account = this.accountOf(request.user);
    const ports = request.terminal ? [] : this.addPorts(program);
    const base = {
      argv: request.argv,
      environment: environmentOf(account, request),
      userId: account.userId,
      groupId: account.groupId,
      terminal: request.terminal,
    };
    const streams = ports as unknown as readonly [number, number, number];
    const start = (workdir: string): number =>
      this.system.start({ ...base, workdir, ...(request.terminal ? {} : { streams }) });
    let process = start(request.workdir ?? account.home);
    // An account may have a home that is not there, or that nobody made readable for it.
    if (process < 0 && request.workdir === undefined) process = start("/");
    if (process < 0) {
      this.release(program, ports);
      throw startError(request, process);
    }
    this.running.set(program, { process, ports, status: undefined });
    if (!request.terminal) {
      const [stdin] = streamsOf(program);
      if (request.input.length > 0) this.input.write(stdin, request.input);
      if (request.inputEnded) this.input.end(stdin);
    }
    return process;
  }

  private addPorts(program: number): number[] {
    const streams = streamsOf(program);
    const ports: number[] = [];
    for (const [index, stream] of streams.entries()) {
      const name = `program.${program}.${["stdin", "stdout", "stderr"][index]}`;
      const port = this.system.console.addPort(name);
      if (port < 0) {
        this.release(program, ports);
        throw new SixfoldError("busy", "too many programs at once: all console ports are in use");
      }
      ports.push(port);
      this.streamOfPort.set(port, stream);
      if (index === 0) this.input.open(stream, port);
    }
    return ports;
  }

  private release(program: number, ports: readonly number[]): void {
    const streams = streamsOf(program);
    for (const [index, port] of ports.entries()) {
      const stream = streams[index] as number;
      this.system.console.closePort(port);
      this.system.console.removePort(port);
      this.streamOfPort.delete(port);
      this.input.remove(stream);
      this.output.remove(stream);
    }
    if (ports.length === 0) this.output.flush();
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
  return new SixfoldError("start", `cannot start ${what}${where}: ${errorName(failed)}`);
}
