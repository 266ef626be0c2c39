/**
 * What the things of this service take of the host's memory, as their jobs are charged for them
 * (kernel/jobs.ts): estimates, rather too high than too low. Between state.ts and everything that
 * makes such a thing: it asks `mayHold` first, and holds or gives back with the thing itself.
 */
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import type { Core } from "./state.js";

/** An open file, with what its file system keeps of it. */
export const FILE_BYTES = 1024;
/** A pipe without content, and a page of content. */
export const PIPE_COST_BYTES = 1024;
export const PIPE_PAGE_COST_BYTES = 4096 + 512;
/** A descriptor in a table. */
export const SLOT_COST_BYTES = 16;
/** A registration with an epoll file: its record, and the kernel's watches. */
export const EPOLL_ITEM_BYTES = 1536;
/** A watch of an inotify file, and an event besides its name. */
export const WATCH_BYTES = 768;
export const EVENT_BYTES = 160;
/** A lock on a file. */
export const LOCK_COST_BYTES = 128;
/** An open file in a message. */
export const FLIGHT_BYTES = 320;
/** The path of a mapped file, which the memory service keeps too. */
export const mappedBytes = (path: string): number => 256 + 2 * path.length;

/** The job that is charged for what the caller makes. */
export const jobOf = (core: Core, caller: TaskId): number =>
  caller === 0 ? 0 : core.kernel.attribute(caller, ATTRIBUTE.job);

/** Whether a job can have so much more. @returns 0 or -ENOMEM */
export const mayHold = (core: Core, job: number, bytes: number): Result =>
  core.kernel.mayHold(job, bytes, 0);

/** It has so much more or, below 0, less. */
export const hold = (core: Core, job: number, bytes: number): void =>
  core.kernel.hold(job, bytes, 0);
