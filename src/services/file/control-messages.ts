/**
 * Control messages (cmsg(3)): from the caller's struct cmsghdr to what goes with a message, with
 * the checks of unix(7); and back, with descriptors for the files that came.
 */
import { CAP_SETGID, CAP_SETUID, CAP_SYS_ADMIN, hasCapability } from "../../abi/capability.js";
import { EBADF, EINVAL, EPERM, ESRCH, ETOOMANYREFS } from "../../abi/errno.js";
import { O_CLOEXEC } from "../../abi/file.js";
import {
  CMSG_HEADER_BYTES,
  MSG_CMSG_CLOEXEC,
  MSG_CTRUNC,
  MSG_PEEK,
  RIGHTS_MAX,
  SCM_CREDENTIALS,
  SCM_RIGHTS,
  SOL_SOCKET,
  UCRED_BYTES,
} from "../../abi/socket.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { RECEIVE_RECORD, SEND_RECORD } from "../network/protocol.js";
import { anyFile, dropFile, freeDescriptor, install } from "./descriptors.js";
import { arrive, fileInFlight, isOverLimit } from "./flight.js";
import { type Core, type OpenFile, tableOf } from "./state.js";

interface Credentials {
  readonly process: number;
  readonly user: number;
  readonly group: number;
}

export interface Control {
  readonly files: OpenFile[];
  credentials: Credentials | undefined;
}

const aligned = (length: number): number => Math.ceil(length / 8) * 8;

/** Reads the control messages of a send. @returns them, or -errno */
export function readControl(
  core: Core,
  caller: TaskId,
  control: number,
  controlLength: number,
): Control | Result {
  const found: Control = { files: [], credentials: undefined };
  if (controlLength === 0) return found;
  const bytes = new Uint8Array(controlLength);
  const failed = core.kernel.copyIn(caller, control, bytes, 0, controlLength);
  if (failed < 0) return failed;
  const view = new DataView(bytes.buffer);
  for (let at = 0; at + CMSG_HEADER_BYTES <= controlLength; ) {
    const length = view.getUint32(at, true);
    const isWhole = length >= CMSG_HEADER_BYTES && at + length <= controlLength;
    if (!isWhole || view.getUint32(at + 4, true) !== 0) return -EINVAL;
    const refused = readOne(core, caller, view, at, length, found);
    if (refused < 0) return refused;
    at += aligned(length);
  }
  const { length } = found.files;
  if (length > 0 && isOverLimit(core, caller, length)) return -ETOOMANYREFS;
  return found;
}

function readOne(
  core: Core,
  caller: TaskId,
  view: DataView,
  at: number,
  length: number,
  found: Control,
): Result {
  if (view.getInt32(at + 8, true) !== SOL_SOCKET) return 0;
  const type = view.getInt32(at + 12, true);
  const data = at + CMSG_HEADER_BYTES;
  if (type === SCM_CREDENTIALS) {
    if (length !== CMSG_HEADER_BYTES + UCRED_BYTES) return -EINVAL;
    const process = view.getInt32(data, true);
    const user = view.getUint32(data + 4, true);
    found.credentials = { process, user, group: view.getUint32(data + 8, true) };
    return checkCredentials(core, caller, found.credentials);
  }
  if (type !== SCM_RIGHTS) return -EINVAL;
  const count = Math.floor((length - CMSG_HEADER_BYTES) / 4);
  if (found.files.length + count > RIGHTS_MAX) return -EINVAL;
  for (let index = 0; index < count; index++) {
    const file = anyFile(core, caller, view.getInt32(data + index * 4, true));
    if (file === undefined) return -EBADF;
    found.files.push(file);
  }
  return 0;
}

/** One's own process and ids; with capabilities others, of a process that exists. */
function checkCredentials(core: Core, caller: TaskId, given: Credentials): Result {
  const { kernel } = core;
  const is = (value: number, ...attributes: readonly number[]): boolean =>
    attributes.some((attribute) => kernel.attribute(caller, attribute) === value);
  const { userId, effectiveUserId, savedUserId } = ATTRIBUTE;
  const { groupId, effectiveGroupId, savedGroupId } = ATTRIBUTE;
  const held = kernel.attribute(caller, ATTRIBUTE.effectiveCapabilities);
  const mayGive =
    (is(given.process, ATTRIBUTE.process) || hasCapability(held, CAP_SYS_ADMIN)) &&
    (is(given.user, userId, effectiveUserId, savedUserId) || hasCapability(held, CAP_SETUID)) &&
    (is(given.group, groupId, effectiveGroupId, savedGroupId) || hasCapability(held, CAP_SETGID));
  if (!mayGive) return -EPERM;
  return kernel.exists(given.process) === 1 ? 0 : -ESRCH;
}

/** A SEND_RECORD for the network service; empty: nothing goes with the message. */
export function encodeSendRecord(control: Control, firstNumber: number): Uint8Array {
  const { files, credentials } = control;
  if (files.length === 0 && credentials === undefined) return new Uint8Array(0);
  const bytes = new Uint8Array(SEND_RECORD.rights + 8 * files.length);
  const view = new DataView(bytes.buffer);
  if (credentials !== undefined) {
    view.setFloat64(SEND_RECORD.hasCredentials, 1, true);
    view.setFloat64(SEND_RECORD.process, credentials.process, true);
    view.setFloat64(SEND_RECORD.user, credentials.user, true);
    view.setFloat64(SEND_RECORD.group, credentials.group, true);
  }
  for (const index of files.keys()) {
    view.setFloat64(SEND_RECORD.rights + 8 * index, firstNumber + index, true);
  }
  return bytes;
}

/** Control messages that were written for the receiver. */
interface Written {
  lengthBytes: number;
  flags: number;
}

/**
 * Writes what came with a message into the receiver's control buffer; files that find no room, or
 * no descriptor, are closed. Cannot fail.
 * @param record RECEIVE_RECORD @param view the control buffer, all of it
 */
export function writeControl(
  core: Core,
  caller: TaskId,
  record: DataView,
  view: DataView,
  flags: number,
): Written {
  const written: Written = { lengthBytes: 0, flags: flags & MSG_CMSG_CLOEXEC };
  if (record.getFloat64(RECEIVE_RECORD.hasCredentials, true) === 1) {
    writeCredentials(record, view, written);
  }
  const count = record.getFloat64(RECEIVE_RECORD.rightsCount, true);
  if (count > 0) writeRights(core, caller, record, count, view, flags, written);
  return written;
}

function writeHeader(view: DataView, at: number, length: number, type: number): void {
  view.setUint32(at, length, true);
  view.setUint32(at + 4, 0, true);
  view.setInt32(at + 8, SOL_SOCKET, true);
  view.setInt32(at + 12, type, true);
}

function writeCredentials(record: DataView, view: DataView, written: Written): void {
  const room = view.byteLength;
  const length = Math.min(CMSG_HEADER_BYTES + UCRED_BYTES, room);
  if (length < CMSG_HEADER_BYTES + UCRED_BYTES) written.flags |= MSG_CTRUNC;
  if (length < CMSG_HEADER_BYTES) return;
  writeHeader(view, 0, length, SCM_CREDENTIALS);
  const { process, user, group } = RECEIVE_RECORD;
  for (const [index, field] of [process, user, group].entries()) {
    const at = CMSG_HEADER_BYTES + index * 4;
    if (at + 4 <= room) view.setInt32(at, record.getFloat64(field, true), true);
  }
  written.lengthBytes = Math.min(aligned(length), room);
}

function writeRights(
  core: Core,
  caller: TaskId,
  record: DataView,
  count: number,
  view: DataView,
  flags: number,
  written: Written,
): void {
  const isPeek = (flags & MSG_PEEK) !== 0;
  const start = written.lengthBytes;
  const room = view.byteLength - start;
  const fit = Math.max(0, Math.floor((room - CMSG_HEADER_BYTES) / 4));
  const table = tableOf(core, caller);
  let given = 0;
  for (let index = 0; index < count; index++) {
    const number = record.getFloat64(RECEIVE_RECORD.rights + 8 * index, true);
    const file = isPeek ? fileInFlight(core, number) : arrive(core, number);
    const descriptor = given === index && given < fit ? freeDescriptor(core, caller) : -EBADF;
    if (descriptor < 0) {
      if (!isPeek) dropFile(core, caller, file);
      continue;
    }
    if (isPeek) file.references++;
    const closes = (flags & MSG_CMSG_CLOEXEC) !== 0 ? O_CLOEXEC : 0;
    install(table, descriptor, file, closes);
    view.setInt32(start + CMSG_HEADER_BYTES + 4 * given, descriptor, true);
    given++;
  }
  if (given < count) written.flags |= MSG_CTRUNC;
  if (given === 0) return;
  writeHeader(view, start, CMSG_HEADER_BYTES + 4 * given, SCM_RIGHTS);
  written.lengthBytes += Math.min(CMSG_HEADER_BYTES + aligned(4 * given), room);
}
