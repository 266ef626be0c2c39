/** getsockopt(2) and setsockopt(2) of level SOL_SOCKET (socket(7), unix(7)). */
import { CAP_NET_ADMIN, hasCapability } from "../../abi/capability.js";
import { EDOM, EINVAL, ENOPROTOOPT, EPERM } from "../../abi/errno.js";
import {
  AF_UNIX,
  BUFFER_BYTES,
  RECEIVE_BUFFER_BYTES_MIN,
  SEND_BUFFER_BYTES_MIN,
  SO_ACCEPTCONN,
  SO_BROADCAST,
  SO_DEBUG,
  SO_DOMAIN,
  SO_DONTROUTE,
  SO_ERROR,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_OOBINLINE,
  SO_PASSCRED,
  SO_PEEK_OFF,
  SO_PEERCRED,
  SO_PRIORITY,
  SO_PROTOCOL,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_RCVLOWAT,
  SO_RCVTIMEO,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SO_SNDLOWAT,
  SO_SNDTIMEO,
  SO_TYPE,
} from "../../abi/socket.js";
import { ATTRIBUTE, type TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { ALL, type Core, LISTENING, type Socket, takeError } from "./state.js";

/** Options that are kept and told, and change nothing between sockets of one machine. */
const SWITCHES: ReadonlySet<number> = new Set([
  SO_REUSEADDR,
  SO_DONTROUTE,
  SO_BROADCAST,
  SO_KEEPALIVE,
  SO_OOBINLINE,
  SO_REUSEPORT,
]);

const INT_MAX = 2 ** 31 - 1;
/** Priorities that anybody may set. */
const PRIORITY_MAX = 6;
/** Longest timeout that is kept as one; beyond: none. */
const SECONDS_MAX = 2 ** 31;

/** What an option is: words of 32 bits. undefined: there is no such option */
function optionValue(socket: Socket, option: number): readonly number[] | undefined {
  switch (option) {
    case SO_TYPE:
      return [socket.type];
    case SO_DOMAIN:
      return [AF_UNIX];
    case SO_PROTOCOL:
      return [0];
    case SO_ERROR:
      return [-takeError(socket)];
    case SO_ACCEPTCONN:
      return [socket.state === LISTENING ? 1 : 0];
    case SO_SNDBUF:
      return [socket.sendLimitBytes];
    case SO_RCVBUF:
      return [socket.receiveLimitBytes];
    case SO_RCVLOWAT:
      return [socket.receiveLeastBytes];
    case SO_SNDLOWAT:
      return [1];
    case SO_PASSCRED:
      return [socket.passCredentials ? 1 : 0];
    case SO_PEEK_OFF:
      return [socket.peekOffset];
    case SO_DEBUG:
      return [0];
    case SO_PEERCRED: {
      const { process, user, group } = socket.peerCredentials ?? {
        process: 0,
        user: -1,
        group: -1,
      };
      return [process, user, group];
    }
    case SO_LINGER:
      return [socket.options.get(SO_LINGER) === undefined ? 0 : 1, lingerOf(socket)];
    case SO_RCVTIMEO:
      return timeWords(socket.receiveTimeout);
    case SO_SNDTIMEO:
      return timeWords(socket.sendTimeout);
    case SO_PRIORITY:
      return [socket.options.get(option) ?? 0];
    default:
      return SWITCHES.has(option) ? [socket.options.get(option) ?? 0] : undefined;
  }
}

const lingerOf = (socket: Socket): number => socket.options.get(SO_LINGER) ?? 0;

/** A struct timeval as four words. */
function timeWords(nanoseconds: number): readonly number[] {
  const whole = Math.max(0, nanoseconds);
  const seconds = Math.floor(whole / 1e9);
  const microseconds = Math.floor((whole - seconds * 1e9) / 1000);
  return [seconds | 0, Math.floor(seconds / 2 ** 32), microseconds, 0];
}

/** getsockopt(2). @returns bytes of the value */
export function getOption(
  core: Core,
  caller: TaskId,
  socket: Socket,
  option: number,
  value: number,
  lengthBytes: number,
): Result {
  const words = optionValue(socket, option);
  if (words === undefined) return -ENOPROTOOPT;
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, word] of words.entries()) view.setInt32(index * 4, word, true);
  const length = Math.min(bytes.length, lengthBytes);
  const failed = core.kernel.copyOut(caller, value, bytes, 0, length);
  return failed < 0 ? failed : length;
}

const isPrivileged = (core: Core, caller: TaskId): boolean =>
  hasCapability(core.kernel.attribute(caller, ATTRIBUTE.effectiveCapabilities), CAP_NET_ADMIN);

/** setsockopt(2). */
export function setOption(
  core: Core,
  caller: TaskId,
  socket: Socket,
  option: number,
  value: number,
  lengthBytes: number,
): Result {
  if (lengthBytes < 4) return -EINVAL;
  const bytes = new Uint8Array(Math.min(lengthBytes, 16));
  const failed = core.kernel.copyIn(caller, value, bytes, 0, bytes.length);
  if (failed < 0) return failed;
  const view = new DataView(bytes.buffer);
  const word = view.getInt32(0, true);
  switch (option) {
    case SO_SNDBUF:
    case SO_RCVBUF:
      return setBuffer(core, socket, option, Math.min(word >>> 0, BUFFER_BYTES));
    case SO_SNDBUFFORCE:
    case SO_RCVBUFFORCE: {
      if (!isPrivileged(core, caller)) return -EPERM;
      const plain = option === SO_SNDBUFFORCE ? SO_SNDBUF : SO_RCVBUF;
      // Bounded here, where Linux trusts its superuser with all of the memory.
      return setBuffer(core, socket, plain, Math.min(Math.max(0, word), 64 * BUFFER_BYTES));
    }
    case SO_RCVLOWAT:
      socket.receiveLeastBytes = word < 0 ? INT_MAX : Math.max(1, word);
      return 0;
    case SO_PASSCRED:
      socket.passCredentials = word !== 0;
      return 0;
    case SO_PEEK_OFF:
      socket.peekOffset = Math.max(-1, word);
      return 0;
    case SO_LINGER:
      return setLinger(socket, view);
    case SO_RCVTIMEO:
    case SO_SNDTIMEO:
      return setTimeLimit(socket, option, view);
    case SO_PRIORITY:
      if ((word < 0 || word > PRIORITY_MAX) && !isPrivileged(core, caller)) return -EPERM;
      socket.options.set(option, word);
      return 0;
    default:
      if (!SWITCHES.has(option)) return -ENOPROTOOPT;
      socket.options.set(option, word !== 0 ? 1 : 0);
      return 0;
  }
}

/** Linux doubles what is asked for, for its own records. */
function setBuffer(core: Core, socket: Socket, option: number, wantedBytes: number): Result {
  if (option === SO_RCVBUF) {
    socket.receiveLimitBytes = Math.max(wantedBytes * 2, RECEIVE_BUFFER_BYTES_MIN);
    return 0;
  }
  socket.sendLimitBytes = Math.max(wantedBytes * 2, SEND_BUFFER_BYTES_MIN);
  core.kernel.wake(socket.writeChannel, ALL);
  return 0;
}

/** struct linger: close waits for nothing here, since what is sent has arrived. */
function setLinger(socket: Socket, view: DataView): Result {
  if (view.byteLength < 8) return -EINVAL;
  if (view.getInt32(0, true) === 0) socket.options.delete(SO_LINGER);
  else socket.options.set(SO_LINGER, view.getInt32(4, true));
  return 0;
}

/** struct timeval: 0 is no limit, a negative time is none at all. */
function setTimeLimit(socket: Socket, option: number, view: DataView): Result {
  if (view.byteLength < 16) return -EINVAL;
  const seconds = view.getUint32(0, true) + view.getInt32(4, true) * 2 ** 32;
  const microseconds = view.getUint32(8, true) + view.getInt32(12, true) * 2 ** 32;
  if (microseconds < 0 || microseconds >= 1e6) return -EDOM;
  let nanoseconds = seconds * 1e9 + microseconds * 1000;
  if (seconds < 0) nanoseconds = -1;
  else if (seconds >= SECONDS_MAX) nanoseconds = 0;
  if (option === SO_RCVTIMEO) socket.receiveTimeout = nanoseconds;
  else socket.sendTimeout = nanoseconds;
  return 0;
}
