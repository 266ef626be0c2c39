/**
 * Requests of FUSE over the driver. A call may run again from its begin; a request that it has sent
 * before is not sent again: what was answered is kept, by the request's bytes, until the call ends.
 * So a mutation happens once, and all runs of a call see the same names. What moves bytes of files
 * is kept only until it was handed on: the layers above note how far they are.
 */
import { EIO, EPROTO } from "../../abi/errno.js";
import * as fuse from "../../abi/fuse.js";
import type { TaskId } from "../../kernel/calls.js";
import { BLOCKED, type Result } from "../../kernel/protocol.js";
import type { Asked, Core } from "./state.js";

/** A request, as encodeRequest takes it. */
export interface Request {
  readonly opcode: number;
  readonly node: number;
  readonly argumentBytes?: number;
  readonly fields?: readonly (readonly [number, 4 | 8, number])[];
  readonly names?: readonly Uint8Array[];
  /** Bytes of the caller's that follow the request: address and length. */
  readonly input?: readonly [number, number];
  /** Where the reply goes on behind `replyBytes` of its body: address and length. */
  readonly output?: readonly [number, number];
  /** By what it is known while its call lasts; absent: its bytes. */
  readonly key?: string;
  /** Length of the reply's body without `output`. */
  readonly replyBytes?: number;
}

/** A reply's body; `extra` bytes of it went to the request's output. */
export interface Reply {
  readonly body: Uint8Array;
  readonly extra: number;
  /** It has come now: the call did not have it before. */
  readonly isNew: boolean;
}

/** The caller's requests so far. */
function askedBy(core: Core, callId: number): Map<string, Asked> {
  let all = core.state.calls.get(callId);
  if (all === undefined) {
    all = new Map();
    core.state.calls.set(callId, all);
  }
  return all;
}

/** The host must be told of the end of this call: what it looked up may be forgotten then. */
export function takePart(core: Core, caller: TaskId): void {
  if (caller !== 0) core.kernel.participate(caller);
}

function encode(request: Request, unique: number): Uint8Array {
  const { opcode, node, argumentBytes = 0, fields = [], names = [], input = [0, 0] } = request;
  return fuse.encodeRequest(opcode, unique, node, argumentBytes, fields, names, input[1]);
}

const keyOf = (request: Request): string => {
  if (request.key !== undefined) return request.key;
  let text = "";
  for (const byte of encode(request, 0)) text += String.fromCharCode(byte);
  return text;
};

/**
 * Sends a request, or finds what was answered before.
 * @param isKept whether the reply stays until the call ends; its output is scratch of ours then
 * @param scratch room for request and reply that was made before; -1: none
 * @returns the reply, or -errno or BLOCKED
 */
export function ask(
  core: Core,
  caller: TaskId,
  request: Request,
  isKept: boolean,
  scratch = -1,
): Reply | Result {
  const { kernel, state } = core;
  // The kernel's own calls are not told of their end, and do not wait.
  const asked = caller === 0 ? new Map<string, Asked>() : askedBy(core, kernel.callId(caller));
  takePart(core, caller);
  const key = keyOf(request);
  let entry = asked.get(key);
  if (entry?.reply !== undefined) return again(core, caller, request, entry, entry.reply);
  if (state.unsent.length > 0) sendUnsent(core, caller);
  if (entry === undefined) {
    entry = { unique: state.nextUnique++, reply: undefined, output: undefined };
    asked.set(key, entry);
  }
  const bytes = encode(request, entry.unique);
  const [input = 0, inputLength = 0] = request.input ?? [];
  const [output = 0, outputLength = 0] = request.output ?? [];
  const replyLength = fuse.OUT_HEADER_BYTES + (request.replyBytes ?? 0);
  const at = scratch >= 0 ? scratch : kernel.scratch(caller, bytes.length + replyLength);
  if (at < 0) return at;
  const failed = kernel.copyOut(caller, at, bytes, 0, bytes.length);
  if (failed < 0) return failed;
  const replyAt = at + bytes.length;
  const length = core.driver.exchange(
    caller,
    entry.unique,
    at,
    bytes.length,
    input,
    inputLength,
    output,
    outputLength,
    replyAt,
    replyLength,
  );
  if (length === BLOCKED) return length;
  if (length < fuse.OUT_HEADER_BYTES) {
    asked.delete(key);
    return length < 0 ? length : -EIO;
  }
  const reply = new Uint8Array(Math.min(length, replyLength));
  kernel.copyIn(caller, replyAt, reply, 0, reply.length);
  const extra = length - reply.length;
  if (!isKept) asked.delete(key);
  else {
    entry.reply = reply;
    if (extra > 0) {
      entry.output = new Uint8Array(extra);
      kernel.copyIn(caller, output, entry.output, 0, extra);
    }
  }
  return parse(reply, entry.unique, extra, true);
}

/** What was answered to an earlier run of the call. */
function again(
  core: Core,
  caller: TaskId,
  request: Request,
  { unique, output }: Asked,
  reply: Uint8Array,
): Reply | Result {
  if (output === undefined) return parse(reply, unique, 0, false);
  const failed = core.kernel.copyOut(caller, request.output?.[0] ?? 0, output, 0, output.length);
  return failed < 0 ? failed : parse(reply, unique, output.length, false);
}

/** Splits a reply. @returns its body, or the error that it tells */
function parse(bytes: Uint8Array, unique: number, extra: number, isNew: boolean): Reply | Result {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const error = view.getInt32(4, true);
  if (view.getUint32(8, true) !== unique % 2 ** 32) return -EPROTO;
  if (error !== 0) return error < 0 && error > -4096 && error !== BLOCKED ? error : -EPROTO;
  return { body: bytes.subarray(fuse.OUT_HEADER_BYTES), extra, isNew };
}

/** A request whose reply is kept and has a body of a known length. @returns it or the error */
export function askWhole(core: Core, caller: TaskId, request: Request): Reply | Result {
  const reply = ask(core, caller, request, true);
  if (typeof reply === "number") return reply;
  return reply.body.length < (request.replyBytes ?? 0) ? -EPROTO : reply;
}

/** The same, of which only the body matters. */
export function askBody(core: Core, caller: TaskId, request: Request): Uint8Array | Result {
  const reply = askWhole(core, caller, request);
  return typeof reply === "number" ? reply : reply.body;
}

/** Sends what has no reply, or none that matters. */
export function tell(core: Core, caller: TaskId, request: Request): void {
  const bytes = encode(request, core.state.nextUnique++);
  core.state.unsent.push({ bytes, isUrgent: request.opcode === fuse.FUSE_FORGET });
  sendUnsent(core, caller);
}

function sendUnsent(core: Core, caller: TaskId): void {
  const { kernel, state } = core;
  for (let next = state.unsent[0]; next !== undefined; next = state.unsent[0]) {
    const { bytes, isUrgent } = next;
    const at = kernel.scratch(caller, bytes.length);
    if (at < 0 || kernel.copyOut(caller, at, bytes, 0, bytes.length) < 0) return;
    if (core.driver.post(caller, at, bytes.length, isUrgent ? 1 : 0) < 0) return;
    state.unsent.shift();
  }
}

/** Drops what the call has kept of an OPEN: its handle is closed. */
export function forgetOpened(core: Core, caller: TaskId, fileHandle: number): void {
  const asked = core.state.calls.get(core.kernel.callId(caller));
  for (const [key, { reply }] of asked ?? []) {
    if (reply === undefined || key.charCodeAt(4) !== fuse.FUSE_OPEN) continue;
    const view = new DataView(reply.buffer, reply.byteOffset, reply.length);
    if (view.getUint32(fuse.OUT_HEADER_BYTES, true) === fileHandle) asked?.delete(key);
  }
}
