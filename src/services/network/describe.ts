/** The table of sockets as a text: /proc/net/unix (proc_net(5)). */
import { SOCK_DGRAM } from "../../abi/socket.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { CONNECTED, type Core, LISTENING, type Socket } from "./state.js";

/** __SO_ACCEPTCON: the socket listens. */
const FLAG_LISTENS = 0x10000;
/** SS_*: states of a socket that somebody has, and of one that waits to be accepted. */
const STATE_UNCONNECTED = 1;
const STATE_CONNECTING = 2;
const STATE_CONNECTED = 3;
const HEAD = "Num       RefCount Protocol Flags    Type St Inode Path\n";

const hexadecimal = (value: number, digits: number): string =>
  value.toString(16).toUpperCase().padStart(digits, "0");

/** Part of the table from byte `offset` on. @returns bytes written */
export function describe(
  core: Core,
  caller: TaskId,
  offset: number,
  buffer: number,
  lengthBytes: number,
): Result {
  const text = HEAD + [...core.state.sockets.values()].map(lineOf).join("");
  const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
  const count = Math.max(Math.min(lengthBytes, bytes.length - offset), 0);
  const failed = core.kernel.copyOut(caller, buffer, bytes, offset, count);
  return failed < 0 ? failed : count;
}

/** The address of a socket in the kernel is nobody's business: 0, as Linux shows it to users. */
function lineOf(socket: Socket): string {
  const { type, state, references, isOpen, id, name } = socket;
  const isConnected = state === CONNECTED && type !== SOCK_DGRAM;
  const waiting = isConnected ? STATE_CONNECTING : STATE_UNCONNECTED;
  const shown = isOpen && isConnected ? STATE_CONNECTED : waiting;
  const fields = [
    hexadecimal(references, 8),
    hexadecimal(0, 8),
    hexadecimal(state === LISTENING ? FLAG_LISTENS : 0, 8),
    hexadecimal(type, 4),
    hexadecimal(shown, 2),
    String(id).padStart(5),
  ];
  return `${"0".repeat(16)}: ${fields.join(" ")}${pathOf(name)}\n`;
}

/** A path up to its NUL; a name without a path with "@" for its first byte and each NUL. */
function pathOf(name: Uint8Array): string {
  if (name.length === 0) return "";
  const isPath = name[0] !== 0;
  const end = isPath ? name.indexOf(0) : -1;
  const bytes = end < 0 ? name : name.subarray(0, end);
  return ` ${String.fromCharCode(...bytes).replaceAll("\0", "@")}`;
}
