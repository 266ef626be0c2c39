/** Rows of sockets. */
import { address, descriptor, flags, int, size, structOut, unsigned } from "./arguments.js";
import { blocks, row } from "./make-row.js";
import type { Row } from "./row.js";
import { accept, bind, connect, getOption, setOption, tellName } from "./socket-addresses.js";
import {
  receiveFrom,
  receiveMessage,
  receiveMessages,
  sendMessage,
  sendMessages,
  sendTo,
} from "./socket-calls.js";

const FAMILIES = "AF_UNIX; other families are not there: EAFNOSUPPORT";

export const SOCKET_ROWS: readonly Row[] = Object.freeze([
  row(
    198,
    "socket",
    [int, int, int],
    (s, t, family, type, protocol) => s.file.socket(t, family, type, protocol),
    FAMILIES,
  ),
  row(
    199,
    "socketpair",
    [int, int, int, structOut("descriptors", 8)],
    (s, t, family, type, protocol, at) => s.file.socketPair(t, family, type, protocol, at),
    FAMILIES,
  ),
  row(200, "bind", [descriptor, address, int], bind),
  row(201, "listen", [descriptor, int], (s, t, fd, backlog) => s.file.listenSocket(t, fd, backlog)),
  blocks(
    row(202, "accept", [descriptor, address, address], (s, t, fd, name, lengthAt) =>
      accept(s, t, fd, name, lengthAt, 0, 0, 0, 0, 0, 0),
    ),
  ),
  blocks(row(203, "connect", [descriptor, address, int], connect)),
  row(204, "getsockname", [descriptor, address, address], tellName(0)),
  row(205, "getpeername", [descriptor, address, address], tellName(1)),
  blocks(row(206, "sendto", [descriptor, address, size, flags, address, int], sendTo)),
  blocks(row(207, "recvfrom", [descriptor, address, size, flags, address, address], receiveFrom)),
  row(
    208,
    "setsockopt",
    [descriptor, int, int, address, int],
    setOption,
    "of level SOL_SOCKET those of socket(7) and unix(7); else ENOPROTOOPT",
  ),
  row(
    209,
    "getsockopt",
    [descriptor, int, int, address, address],
    getOption,
    "of level SOL_SOCKET those of socket(7) and unix(7); else ENOPROTOOPT",
  ),
  row(210, "shutdown", [descriptor, int], (s, t, fd, how) => s.file.shutdownSocket(t, fd, how)),
  blocks(row(211, "sendmsg", [descriptor, address, flags], sendMessage)),
  blocks(row(212, "recvmsg", [descriptor, address, flags], receiveMessage)),
  blocks(row(242, "accept4", [descriptor, address, address, flags], accept)),
  blocks(row(243, "recvmmsg", [descriptor, address, unsigned, flags, address], receiveMessages)),
  blocks(row(269, "sendmmsg", [descriptor, address, unsigned, flags], sendMessages)),
]);
