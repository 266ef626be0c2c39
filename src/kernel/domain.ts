/**
 * Domains: what fails together and may touch only its own memory (docs/design.md 2). A service in a
 * domain of its own holds kernel calls behind a check: what the manifest does not list is refused
 * with EPERM and counted; memory of a caller is reached only inside the ranges of the message that
 * is being served.
 */
import { EFAULT, EPERM } from "../abi/errno.js";
import { empty } from "./call-record.js";
import type { KernelCalls } from "./calls.js";
import type { KernelCallName, Manifest } from "./manifest.js";
import {
  MESSAGE_WORDS_MAX,
  type MessageRange,
  type Operation,
  type Result,
  rangeBytes,
  SCRATCH_BASE,
  SCRATCH_STRIDE_BYTES,
} from "./protocol.js";
import { bytesOfWords } from "./user-memory.js";

export interface DomainState {
  readonly name: string;
  dead: boolean;
  /** What was refused, and how often. */
  readonly refusals: Map<string, number>;
}

/** A message being served: the operation and, if it has ranges, the words it came with. */
export interface Message {
  operation: Operation;
  caller: number;
  readonly words: Float64Array;
  /** Scratch that the service made for nested calls. */
  readonly scratch: number[];
  /** With a copying port: a fresh copy of each range, by its first word's index. */
  windows: Map<number, Window> | undefined;
}

/** Private memory that stands for a range of the caller's. */
export interface Window {
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Runs written: [offset, length], copied back when the operation ends. */
  readonly writes: [number, number][];
}

export interface Domain {
  readonly state: DomainState;
  readonly manifest: Manifest;
  /** Messages being served: the first `depth`, the innermost last. What is behind is used again. */
  readonly messages: Message[];
  depth: number;
}

/** A domain that lives, serves nothing, and has refused nothing. */
export function createDomain(manifest: Manifest): Domain {
  const state: DomainState = { name: manifest.service, dead: false, refusals: new Map() };
  return { state, manifest, messages: [], depth: 0 };
}

/** A message begins to be served. Its words are the sender's to fill in. */
export function enterMessage(domain: Domain, operation: Operation, caller: number): Message {
  const known = domain.messages[domain.depth++];
  if (known !== undefined) {
    known.operation = operation;
    known.caller = caller;
    return known;
  }
  const words = new Float64Array(MESSAGE_WORDS_MAX);
  const message = { operation, caller, words, scratch: [], windows: undefined };
  domain.messages.push(message);
  return message;
}

/** The innermost message has been served. */
export function leaveMessage(domain: Domain, message: Message): void {
  domain.depth--;
  empty(message.scratch);
  message.windows = undefined;
}

/** The innermost message that is being served; undefined: none. */
export function currentMessage(domain: Domain): Message | undefined {
  return domain.depth === 0 ? undefined : domain.messages[domain.depth - 1];
}

/** Counts a refusal. @returns -EPERM */
export function refuse(domain: Domain, what: string): Result {
  domain.state.refusals.set(what, (domain.state.refusals.get(what) ?? 0) + 1);
  return -EPERM;
}

/**
 * Whether the innermost message lets the domain reach a range of the caller's memory.
 * @param write 1: to write
 */
export function isGranted(
  message: Message,
  task: number,
  address: number,
  lengthBytes: number,
  write: boolean,
): boolean {
  if (task !== message.caller) return false;
  if (address >= SCRATCH_BASE && isOwnScratch(message, address)) return true;
  const { words } = message;
  const { ranges } = message.operation;
  for (let i = 0; i < ranges.length; i++) {
    const range = ranges[i] as MessageRange;
    if (!(write ? range.writes : range.reads)) continue;
    const start = words[range.word] as number;
    if (within(address, lengthBytes, start, rangeBytes(range, words))) return true;
  }
  return false;
}

function isOwnScratch(message: Message, address: number): boolean {
  const { scratch } = message;
  // Not by an iterator: this is asked for each name of each path.
  for (let i = 0; i < scratch.length; i++) {
    if (inStride(scratch[i] as number, address)) return true;
  }
  return false;
}

const within = (address: number, length: number, start: number, size: number): boolean =>
  address >= start && address + length <= start + size;

const inStride = (own: number, address: number): boolean =>
  address >= own && address < own + SCRATCH_STRIDE_BYTES;

/**
 * The kernel calls of a service in a domain of its own.
 * @param calls the unchecked handle of the same service
 */
export function restrict(domain: Domain, calls: KernelCalls): KernelCalls {
  const allowed = new Set<string>(domain.manifest.kernelCalls);
  const checked: Record<string, unknown> = {};
  for (const name of Object.keys(calls) as KernelCallName[]) {
    checked[name] = allowed.has(name)
      ? calls[name]
      : (): Result => refuse(domain, `kernel call ${name}`);
  }
  const result = checked as unknown as KernelCalls;
  restrictMemory(domain, calls, result, allowed);
  restrictFrameCopies(domain, calls, result, allowed);
  restrictDevices(domain, calls, result, allowed);
  return result;
}

/** The innermost message if it lets the domain reach the range; else counted, and undefined. */
function granting(
  domain: Domain,
  what: string,
  task: number,
  address: number,
  lengthBytes: number,
  write: boolean,
): Message | undefined {
  // A range that the caller does not have (ioctl.ts): an error of the program's, not of ours.
  if (address === 0) return undefined;
  const message = currentMessage(domain);
  if (message !== undefined && isGranted(message, task, address, lengthBytes, write)) {
    return message;
  }
  refuse(domain, `grant: ${what}`);
  return undefined;
}

function restrictMemory(
  domain: Domain,
  calls: KernelCalls,
  checked: KernelCalls,
  allowed: ReadonlySet<string>,
): void {
  if (allowed.has("copyIn")) {
    checked.copyIn = (task, address, to, toOffset, lengthBytes) => {
      const message = granting(domain, "copyIn", task, address, lengthBytes, false);
      if (message === undefined) return -EFAULT;
      const window = windowOf(message, address, lengthBytes);
      if (window === undefined) return calls.copyIn(task, address, to, toOffset, lengthBytes);
      const start = address - window.address;
      to.set(window.bytes.subarray(start, start + lengthBytes), toOffset);
      return 0;
    };
  }
  if (allowed.has("copyOut")) {
    checked.copyOut = (task, address, from, fromOffset, lengthBytes) => {
      const message = granting(domain, "copyOut", task, address, lengthBytes, true);
      if (message === undefined) return -EFAULT;
      const window = windowOf(message, address, lengthBytes);
      if (window === undefined) return calls.copyOut(task, address, from, fromOffset, lengthBytes);
      return writeWindow(window, address, from.subarray(fromOffset, fromOffset + lengthBytes));
    };
  }
  restrictWords(domain, calls, checked, allowed);
  if (allowed.has("clearOut")) {
    checked.clearOut = (task, address, lengthBytes) => {
      const message = granting(domain, "clearOut", task, address, lengthBytes, true);
      if (message === undefined) return -EFAULT;
      const window = windowOf(message, address, lengthBytes);
      if (window === undefined) return calls.clearOut(task, address, lengthBytes);
      return writeWindow(window, address, new Uint8Array(lengthBytes));
    };
  }
  if (allowed.has("scratch")) {
    checked.scratch = (task, lengthBytes) => {
      const address = calls.scratch(task, lengthBytes);
      if (address >= 0) currentMessage(domain)?.scratch.push(address);
      return address;
    };
  }
}

function restrictWords(
  domain: Domain,
  calls: KernelCalls,
  checked: KernelCalls,
  allowed: ReadonlySet<string>,
): void {
  if (allowed.has("copyWordsIn")) {
    checked.copyWordsIn = (task, address, to, wordCount) => {
      const lengthBytes = 4 * wordCount;
      const message = granting(domain, "copyWordsIn", task, address, lengthBytes, false);
      if (message === undefined) return -EFAULT;
      const window = windowOf(message, address, lengthBytes);
      if (window === undefined) return calls.copyWordsIn(task, address, to, wordCount);
      const start = address - window.address;
      bytesOfWords(to).set(window.bytes.subarray(start, start + lengthBytes));
      return 0;
    };
  }
  if (allowed.has("copyWordsOut")) {
    checked.copyWordsOut = (task, address, from, wordCount) => {
      const lengthBytes = 4 * wordCount;
      const message = granting(domain, "copyWordsOut", task, address, lengthBytes, true);
      if (message === undefined) return -EFAULT;
      const window = windowOf(message, address, lengthBytes);
      if (window === undefined) return calls.copyWordsOut(task, address, from, wordCount);
      return writeWindow(window, address, bytesOfWords(from).subarray(0, lengthBytes));
    };
  }
}

function restrictFrameCopies(
  domain: Domain,
  calls: KernelCalls,
  checked: KernelCalls,
  allowed: ReadonlySet<string>,
): void {
  if (allowed.has("copyFrameToTask")) {
    checked.copyFrameToTask = (task, address, frame, offset, lengthBytes) => {
      const message = granting(domain, "copyFrameToTask", task, address, lengthBytes, true);
      if (message === undefined) return -EFAULT;
      const window = windowOf(message, address, lengthBytes);
      if (window === undefined) {
        return calls.copyFrameToTask(task, address, frame, offset, lengthBytes);
      }
      const bytes = new Uint8Array(lengthBytes);
      calls.frameIn(frame, offset, bytes, 0, lengthBytes);
      return writeWindow(window, address, bytes);
    };
  }
  if (allowed.has("copyTaskToFrame")) {
    checked.copyTaskToFrame = (task, address, frame, offset, lengthBytes) => {
      const message = granting(domain, "copyTaskToFrame", task, address, lengthBytes, false);
      if (message === undefined) return -EFAULT;
      const window = windowOf(message, address, lengthBytes);
      if (window === undefined) {
        return calls.copyTaskToFrame(task, address, frame, offset, lengthBytes);
      }
      calls.frameOut(frame, offset, window.bytes, address - window.address, lengthBytes);
      return 0;
    };
  }
}

/** The private copy that stands for the range, if the port copies and it is not own scratch. */
function windowOf(message: Message, address: number, lengthBytes: number): Window | undefined {
  if (message.windows === undefined) return undefined;
  for (const window of message.windows.values()) {
    if (within(address, lengthBytes, window.address, window.bytes.length)) return window;
  }
  return undefined;
}

/** Writes into the private copy; the port copies it back when the operation ends. */
function writeWindow(window: Window, address: number, bytes: Uint8Array): Result {
  const start = address - window.address;
  window.bytes.set(bytes, start);
  window.writes.push([start, bytes.length]);
  return 0;
}

function restrictDevices(
  domain: Domain,
  calls: KernelCalls,
  checked: KernelCalls,
  allowed: ReadonlySet<string>,
): void {
  const { registers, interrupts } = domain.manifest;
  const mayTouch = (address: number, sizeBytes: number): boolean =>
    registers.some(([start, length]) => within(address, sizeBytes, start, length));
  const hex = (address: number): string => `register 0x${address.toString(16)}`;
  if (allowed.has("busLoad")) {
    checked.busLoad = (address, sizeBytes) =>
      mayTouch(address, sizeBytes)
        ? calls.busLoad(address, sizeBytes)
        : refuse(domain, hex(address));
  }
  if (allowed.has("busStore")) {
    checked.busStore = (address, sizeBytes, value) =>
      mayTouch(address, sizeBytes)
        ? calls.busStore(address, sizeBytes, value)
        : refuse(domain, hex(address));
  }
  if (allowed.has("attachInterrupt")) {
    checked.attachInterrupt = (line) =>
      interrupts.includes(line) ? calls.attachInterrupt(line) : refuse(domain, `interrupt ${line}`);
  }
}
