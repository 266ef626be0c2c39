/**
 * Jobs: everything that descends from one program that the host started, and what it has taken of
 * the system. A task belongs to the job of the task that made it, for good: nothing that a program
 * can do (setsid, a double fork, another parent) leaves it. Job 0 is the system's own: process 1
 * and what descends from it otherwise, and what services hold for nobody.
 *
 * Here is the counting and the refusing; who asks is tasks.ts (tasks), frames.ts (frames), and by
 * kernel call the services, for what they keep for programs, estimated in bytes.
 */
import { EAGAIN, ENFILE, ENOMEM, ENOSPC } from "../abi/errno.js";
import { PAGE_BYTES } from "../machine/platform.js";
import type { Result } from "./protocol.js";

/** What a job, or the system, may take. Infinity: as much as there is. */
export interface JobLimits {
  /** Run and charged; a job that has spent them is killed (SIGKILL for all of it). */
  readonly instructions: number;
  /** Tasks, threads and zombies included: EAGAIN. */
  readonly processes: number;
  /** Open file descriptions: ENFILE. */
  readonly files: number;
  /** Frames, and the objects that kernel and services keep: ENOMEM, or SIGKILL on a page fault. */
  readonly memoryBytes: number;
  /** Contents of files in memory: ENOSPC. */
  readonly tmpfsBytes: number;
}

/** The names of limits, in the order in which they are documented. */
export const LIMIT_NAMES = Object.freeze([
  "instructions",
  "processes",
  "files",
  "memoryBytes",
  "tmpfsBytes",
] as const satisfies readonly (keyof JobLimits)[]);

export type LimitName = (typeof LIMIT_NAMES)[number];

/** A job's limits and what it has taken; also the sum of all jobs. */
export interface Job {
  /** Its number, which no other job ever gets; of the sum -1. */
  readonly id: number;
  /** Its first process, whose id stays taken while the job is known. */
  readonly process: number;
  readonly limits: JobLimits;
  instructions: number;
  systemCalls: number;
  tasks: number;
  files: number;
  frames: number;
  /** Of `frames`: contents of files. */
  fileFrames: number;
  /** What kernel and services keep for it, estimated. */
  objectBytes: number;
  memoryBytesMax: number;
  /** The limit that ended its first process, or the whole of it. */
  endedBy: LimitName | "";
  /** It was killed as a whole: nothing new begins in it. */
  isEnding: boolean;
  /** The host knows how it ended: it is forgotten with its last task. */
  isTaken: boolean;
}

/** What the host learns of a job. */
export interface JobUsage {
  /** Run and charged. */
  readonly instructions: number;
  readonly systemCalls: number;
  /** The most that it held at a time, kernel objects included. */
  readonly memoryBytesMax: number;
  /** Processes that have not ended. */
  readonly processes: number;
  /** The limit that ended it. */
  readonly limit: LimitName | undefined;
}

export const NO_LIMITS: JobLimits = Object.freeze({
  instructions: Number.POSITIVE_INFINITY,
  processes: Number.POSITIVE_INFINITY,
  files: Number.POSITIVE_INFINITY,
  memoryBytes: Number.POSITIVE_INFINITY,
  tmpfsBytes: Number.POSITIVE_INFINITY,
});

/** The system's own job, and the owner of what is not counted: the image. */
export const SYSTEM_JOB = 0;
export const NO_JOB = 0x3fff_ffff;
/** In place of a parent's job: a task without a parent. */
export const NO_PARENT = -1;

/** What a frame is for: a device's is nobody's. */
export const FRAME_USE = Object.freeze({ memory: 0, file: 1, device: 2 } as const);

/** What objects leave of a job's memory: who is refused one needs pages to deal with that. */
const PROGRAM_RESERVE_BYTES = 16 * PAGE_BYTES;
/** A job that cannot have so many frames more has no memory left: a fault may need tables too. */
const EXHAUSTED_FRAMES = 4;

function blankJob(id: number, process: number, limits: JobLimits): Job {
  return {
    id,
    process,
    limits,
    instructions: 0,
    systemCalls: 0,
    tasks: 0,
    files: 0,
    frames: 0,
    fileFrames: 0,
    objectBytes: 0,
    memoryBytesMax: 0,
    endedBy: "",
    isEnding: false,
    isTaken: false,
  };
}

export interface JobState {
  readonly jobs: Map<number, Job>;
  /** Jobs by their first process. */
  readonly byProcess: Map<number, number>;
  nextId: number;
  /** All jobs together, and what they may take together. */
  readonly sum: Job;
  /** The most that all objects together have had. */
  objectBytesMax: number;
}

export class Jobs {
  readonly state: JobState;
  /** The job of the task that runs: it is charged. */
  current: Job;
  /** While the image is unpacked: what is taken is nobody's. */
  isBooting = true;
  /** Limits of the job that the next task without a parent begins. */
  private opening: JobLimits | undefined;
  /** What all objects together may have, whatever the limits say. */
  private room: () => number = () => Number.POSITIVE_INFINITY;

  constructor(limits: JobLimits = NO_LIMITS) {
    const own = blankJob(SYSTEM_JOB, 0, NO_LIMITS);
    this.state = {
      jobs: new Map([[SYSTEM_JOB, own]]),
      byProcess: new Map(),
      nextId: SYSTEM_JOB + 1,
      sum: blankJob(-1, 0, limits),
      objectBytesMax: 0,
    };
    this.current = own;
  }

  /** The job with this id; of a forgotten one the system's own, which has what it left behind. */
  of(id: number): Job {
    return this.find(id) ?? (this.state.jobs.get(SYSTEM_JOB) as Job);
  }

  find(id: number): Job | undefined {
    return this.current.id === id ? this.current : this.state.jobs.get(id);
  }

  /** The job that a process began. */
  ofProcess(process: number): Job | undefined {
    const id = this.state.byProcess.get(process);
    return id === undefined ? undefined : this.find(id);
  }

  /** @param room how many bytes all objects together may have now */
  bound(room: () => number): void {
    this.room = room;
  }

  /**
   * The task that `make` makes begins a job of its own.
   * @param make returns the task, or < 0: there is none
   */
  begin(limits: JobLimits, make: () => Result): Result {
    this.opening = limits;
    const made = make();
    this.opening = undefined;
    return made;
  }

  /** From now on this job is charged. */
  enter(id: number): void {
    if (this.current.id !== id) this.current = this.of(id);
  }

  /** @param parentJob or NO_PARENT. @returns 0, or -EAGAIN: no more tasks */
  mayAddTask(parentJob: number): Result {
    const { sum } = this.state;
    if (sum.tasks >= sum.limits.processes) return -EAGAIN;
    if (parentJob === NO_PARENT) return 0;
    const job = this.of(parentJob);
    return job.isEnding || job.tasks >= job.limits.processes ? -EAGAIN : 0;
  }

  /** A task is made. @returns its job */
  addTask(task: number, parentJob: number): number {
    const { state } = this;
    let id = Math.max(parentJob, SYSTEM_JOB);
    if (parentJob === NO_PARENT && this.opening !== undefined) {
      id = state.nextId++;
      state.jobs.set(id, blankJob(id, task, this.opening));
      state.byProcess.set(task, id);
    }
    this.of(id).tasks++;
    state.sum.tasks++;
    return id;
  }

  removeTask(id: number): void {
    const job = this.of(id);
    job.tasks--;
    this.state.sum.tasks--;
    if (job.isTaken && job.tasks === 0) this.forget(job);
  }

  /** A process that was not begun after all: nobody asks for its result. */
  discard(task: number): void {
    const job = this.ofProcess(task);
    if (job !== undefined) this.take(job);
  }

  /** The host has the result of the first process. */
  take(job: Job): void {
    job.isTaken = true;
    if (job.tasks === 0) this.forget(job);
  }

  /** What it leaves behind (files, shared memory) is the system's from now on. */
  private forget(job: Job): void {
    const own = this.state.jobs.get(SYSTEM_JOB) as Job;
    own.files += job.files;
    own.frames += job.frames;
    own.fileFrames += job.fileFrames;
    own.objectBytes += job.objectBytes;
    this.state.jobs.delete(job.id);
    this.state.byProcess.delete(job.process);
    if (this.current === job) this.current = own;
  }

  /** @returns 0, -ENOMEM, or for contents of files -ENOSPC: a limit is reached */
  mayTakeFrame(use: number): Result {
    if (this.isBooting || use === FRAME_USE.device) return 0;
    const refused = refusalOfFrame(this.current, use);
    return refused !== 0 ? refused : refusalOfFrame(this.state.sum, use);
  }

  /** How many frames a job can still have for contents of files, as far as limits go. */
  fileFramesLeft(id: number): number {
    let left = Number.POSITIVE_INFINITY;
    for (const { limits, frames, fileFrames, objectBytes } of [this.of(id), this.state.sum]) {
      const ofFiles = limits.tmpfsBytes / PAGE_BYTES - fileFrames;
      const ofAll = (limits.memoryBytes - objectBytes) / PAGE_BYTES - frames;
      left = Math.min(left, ofFiles, ofAll);
    }
    return Math.max(0, Math.floor(left));
  }

  /** @returns whom the frame is charged to */
  takeFrame(use: number): number {
    if (this.isBooting || use === FRAME_USE.device) return NO_JOB;
    addFrame(this.current, use);
    addFrame(this.state.sum, use);
    return this.current.id;
  }

  /** @returns the job if it is at its own limit of memory, else 0 */
  exhausted(id: number): number {
    const { frames, objectBytes, limits } = this.of(id);
    const isFull = (frames + EXHAUSTED_FRAMES) * PAGE_BYTES + objectBytes > limits.memoryBytes;
    return isFull ? id : SYSTEM_JOB;
  }

  returnFrame(owner: number, use: number): void {
    if (owner === NO_JOB) return;
    dropFrame(this.of(owner), use);
    dropFrame(this.state.sum, use);
  }

  /**
   * Whether objects of so many bytes, and so many open files, can be made.
   * @returns 0, -ENOMEM, or -ENFILE
   */
  mayHold(id: number, bytes: number, files: number): Result {
    if (id === NO_JOB) return 0;
    const { sum } = this.state;
    let refused = refusalOfObjects(this.of(id), bytes, files);
    if (refused === 0) refused = refusalOfObjects(sum, bytes, files);
    if (refused !== 0) return refused;
    return sum.objectBytes + bytes > this.room() ? -ENOMEM : 0;
  }

  /** Such objects are made or, below 0, gone. */
  hold(id: number, bytes: number, files = 0): void {
    if (id === NO_JOB) return;
    const { sum } = this.state;
    addObjects(this.of(id), bytes, files);
    addObjects(sum, bytes, files);
    if (sum.objectBytes > this.state.objectBytesMax) this.state.objectBytesMax = sum.objectBytes;
  }
}

// What is done for a job and for the sum of all: written out for each, since a list of the two
// would be made at every page.

function refusalOfFrame(one: Job, use: number): Result {
  const { limits } = one;
  if (use === FRAME_USE.file && (one.fileFrames + 1) * PAGE_BYTES > limits.tmpfsBytes) {
    return -ENOSPC;
  }
  return (one.frames + 1) * PAGE_BYTES + one.objectBytes > limits.memoryBytes ? -ENOMEM : 0;
}

function addFrame(one: Job, use: number): void {
  one.frames++;
  if (use === FRAME_USE.file) one.fileFrames++;
  notePeak(one);
}

function dropFrame(one: Job, use: number): void {
  one.frames--;
  if (use === FRAME_USE.file) one.fileFrames--;
}

function refusalOfObjects(one: Job, bytes: number, files: number): Result {
  if (files > 0 && one.files + files > one.limits.files) return -ENFILE;
  const all = one.frames * PAGE_BYTES + one.objectBytes + bytes;
  return bytes > 0 && all + PROGRAM_RESERVE_BYTES > one.limits.memoryBytes ? -ENOMEM : 0;
}

function addObjects(one: Job, bytes: number, files: number): void {
  one.objectBytes += bytes;
  one.files += files;
  notePeak(one);
}

function notePeak(job: Job): void {
  const bytes = job.frames * PAGE_BYTES + job.objectBytes;
  if (bytes > job.memoryBytesMax) job.memoryBytesMax = bytes;
}
