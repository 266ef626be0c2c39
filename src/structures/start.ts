/**
 * Starting programs for the host: a process with its descriptors, whose first call is the execve of
 * the program (kernel/call-record.ts: CALL_START).
 */
import { ENOENT } from "../abi/errno.js";
import { addScratch, beginCall, CALL_START, clearCall } from "../kernel/call-record.js";
import { ATTRIBUTE, type KernelCalls } from "../kernel/calls.js";
import type { JobLimits } from "../kernel/jobs.js";
import type { Kernel } from "../kernel/kernel.js";
import { CURRENT_DIRECTORY, type FileService } from "../services/file/protocol.js";
import type { ProcessService } from "../services/process/protocol.js";
import type { ProgramStart } from "./program-start.js";

const O_RDONLY = 0;
const O_WRONLY = 1;
const O_RDWR = 2;
const O_NOCTTY = 0o400;
const X_OK = 1;
const INIT = 1;
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export class Starter {
  constructor(
    private readonly kernel: Kernel,
    private readonly calls: KernelCalls,
    private readonly process: ProcessService,
    private readonly file: FileService,
    /** Of each program that says nothing else. */
    private readonly limits: JobLimits,
  ) {}

  /** PID 1: not hosted, with the console open but not as its controlling terminal. */
  startInit(path: string): void {
    const task = this.process.start(0, 0, 0, 0, 0);
    if (task !== INIT) throw new Error(`the first process is ${task}, not ${INIT}`);
    for (let descriptor = 0; descriptor < 3; descriptor++) {
      this.open(task, "/dev/console", O_RDWR | O_NOCTTY, descriptor);
    }
    this.begin(task, path, [path], [`PATH=${DEFAULT_PATH}`, "HOME=/", "TERM=linux"]);
  }

  /** @returns the process id, or -errno */
  start(program: ProgramStart): number {
    const [name] = program.argv;
    if (name === undefined) return -ENOENT;
    const parent = this.kernel.tasks.find(INIT) === undefined ? 0 : INIT;
    const { jobs } = this.kernel;
    const task = jobs.begin({ ...this.limits, ...program.limits }, () =>
      this.process.start(0, parent, program.userId, program.groupId, 1),
    );
    if (task < 0) return task;
    const moved = this.withPath(task, program.workdir, (at, length) =>
      this.file.changeDirectory(task, at, length, -1),
    );
    if (moved < 0) return this.giveUp(task, moved);
    const opened = this.openStandard(task, program);
    if (opened < 0) return this.giveUp(task, opened);
    const path = this.resolve(task, name, program.environment);
    this.begin(task, path, program.argv, program.environment);
    return task;
  }

  /** The task was never started: it ends here. */
  private giveUp(task: number, failed: number): number {
    this.process.exitGroup(task, 127);
    this.process.takeResult(0, task);
    this.kernel.jobs.discard(task);
    return failed;
  }

  private openStandard(task: number, program: ProgramStart): number {
    const { streams } = program;
    const modes = [O_RDONLY, O_WRONLY, O_WRONLY];
    for (let descriptor = 0; descriptor < 3; descriptor++) {
      let path = "/dev/null";
      let flags = O_RDWR | O_NOCTTY;
      if (program.terminal) {
        // The terminal itself: /dev/console never becomes a controlling one.
        path = "/dev/hvc0";
        flags = O_RDWR;
      } else if (streams !== undefined) {
        path = `/dev/vport0p${streams[descriptor]}`;
        flags = modes[descriptor] as number;
      }
      const opened = this.open(task, path, flags, descriptor);
      if (opened < 0) return opened;
    }
    return 0;
  }

  private open(task: number, path: string, flags: number, descriptor: number): number {
    return this.withPath(task, path, (at, length) =>
      this.file.openAt(task, at, length, flags, descriptor),
    );
  }

  /** Runs `body` with a path in the task's scratch, as if in a call of the task's. */
  private withPath(
    task: number,
    path: string,
    body: (address: number, length: number) => number,
  ): number {
    const record = this.kernel.tasks.get(task).call;
    this.kernel.calls.begin(record, CALL_START, 0);
    const bytes = new TextEncoder().encode(path);
    const at = addScratch(record, bytes.length);
    (record.scratch[0] as Uint8Array).set(bytes);
    const result = body(at, bytes.length);
    this.kernel.calls.release(this.kernel.tasks.get(task), record, result);
    record.kind = 0;
    return result;
  }

  /** Looks a name without a slash up in PATH; what is not found is left for execve to refuse. */
  private resolve(task: number, name: string, environment: readonly string[]): string {
    if (name.includes("/")) return name;
    const variable = environment.find((entry) => entry.startsWith("PATH="));
    const folders = (variable === undefined ? DEFAULT_PATH : variable.slice(5)).split(":");
    for (const folder of folders) {
      const path = `${folder === "" ? "." : folder}/${name}`;
      const found = this.withPath(task, path, (at, length) =>
        this.file.access(task, CURRENT_DIRECTORY, at, length, X_OK, 0),
      );
      if (found === 0) return path;
    }
    return name;
  }

  private begin(
    id: number,
    path: string,
    argv: readonly string[],
    environment: readonly string[],
  ): void {
    const task = this.kernel.tasks.get(id);
    const record = task.call;
    beginCall(record, CALL_START, this.kernel.tasks.state.nextCallId++, 0);
    clearCall(record);
    record.scratch.push(new TextEncoder().encode(path), pack(argv), pack(environment));
    record.inputs = 3;
    record.dirty = true;
    this.calls.setAttribute(id, ATTRIBUTE.space, -1);
    this.calls.startTask(id);
  }
}

/** Strings one behind the other, each with its NUL. */
function pack(strings: readonly string[]): Uint8Array {
  return new TextEncoder().encode(strings.map((text) => `${text}\0`).join(""));
}
