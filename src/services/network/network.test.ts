/**
 * The network service over a fake kernel: streams, messages, connections, names, options, what is
 * dropped and collected; each of them also with forced BLOCKED.
 */
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import * as E from "../../abi/errno.js";
import { O_NONBLOCK } from "../../abi/file.js";
import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDHUP } from "../../abi/poll.js";
import * as S from "../../abi/socket.js";
import { BLOCKED, type Result } from "../../kernel/protocol.js";
import { bytesOf } from "../../kernel/texts.js";
import { FakeKernel, kernelCalls } from "../testing/fake-kernel.js";
import { makeNetwork } from "./network.js";
import { RECEIVE_RECORD, RECEIVE_RECORD_BYTES, SEND_RECORD } from "./protocol.js";

const TASK = 1;
const OTHER = 2;
const BUFFER = 4096;
const RECORD = 65536;

/** A network service and what the tests ask of it. */
class Rig {
  readonly kernel = new FakeKernel();
  readonly network = makeNetwork(kernelCalls(this.kernel));

  constructor(forcing: boolean) {
    this.kernel.addTask(TASK, 0);
    this.kernel.addTask(OTHER, 1000);
    this.kernel.forcing = forcing;
  }

  run(body: () => Result, task = TASK): Result {
    return this.kernel.run(task, body);
  }

  socket(type = S.SOCK_STREAM): number {
    const made = this.run(() => this.network.socket(TASK, S.AF_UNIX, type, 0));
    assert.ok(made > 0);
    return made;
  }

  pair(type = S.SOCK_STREAM): [number, number] {
    const first = this.run(() => this.network.pair(TASK, S.AF_UNIX, type, 0));
    assert.ok(first > 0);
    return [first, first + 1];
  }

  /** @param rights numbers of open files that go along */
  send(socket: number, text: string, flags = 0, target = 0, rights: number[] = []): Result {
    const { memory } = this.kernel.task(TASK);
    memory.set(bytesOf(text), BUFFER);
    const length = rights.length === 0 ? 0 : SEND_RECORD.rights + 8 * rights.length;
    const view = new DataView(memory.buffer, RECORD, length);
    for (let at = 0; at < length; at += 8) view.setFloat64(at, 0, true);
    for (const [index, right] of rights.entries()) {
      view.setFloat64(SEND_RECORD.rights + 8 * index, right, true);
    }
    return this.run(() =>
      this.network.send(TASK, socket, target, BUFFER, text.length, flags, RECORD, length),
    );
  }

  /** @returns the text, or the error */
  receive(socket: number, length = 100, flags = 0, recordLength = 0): string | number {
    const done = this.run(() =>
      this.network.receive(TASK, socket, BUFFER, length, flags, RECORD, recordLength),
    );
    if (done < 0) return done;
    const { memory } = this.kernel.task(TASK);
    return String.fromCharCode(...memory.subarray(BUFFER, BUFFER + Math.min(done, length)));
  }

  recorded(offset: number): number {
    const { memory } = this.kernel.task(TASK);
    return new DataView(memory.buffer, RECORD, RECEIVE_RECORD_BYTES).getFloat64(offset, true);
  }

  bind(socket: number, name: string): Result {
    const bytes = bytesOf(`\0${name}`);
    return this.run(() =>
      this.network.bindName(TASK, socket, this.kernel.put(TASK, bytes), bytes.length),
    );
  }

  find(socket: number, name: string): Result {
    const bytes = bytesOf(`\0${name}`);
    return this.run(() =>
      this.network.findName(TASK, socket, this.kernel.put(TASK, bytes), bytes.length),
    );
  }

  connect(socket: number, target: number, flags = 0, task = TASK): Result {
    return this.run(() => this.network.connect(task, socket, target, flags), task);
  }

  accept(socket: number, flags = 0): Result {
    return this.run(() => this.network.accept(TASK, socket, flags));
  }

  close(socket: number): void {
    assert.equal(
      this.run(() => this.network.close(TASK, socket, 0)),
      0,
    );
  }

  poll(socket: number): Result {
    const all = POLLIN | POLLOUT | POLLRDHUP;
    return this.run(() => this.network.poll(TASK, socket, all, 0));
  }

  /** A listener with a name, and how it is called by others. */
  listener(name: string, backlog: number, type = S.SOCK_STREAM): number {
    const socket = this.socket(type);
    assert.equal(this.bind(socket, name), 0);
    assert.equal(
      this.run(() => this.network.listen(TASK, socket, backlog)),
      0,
    );
    return socket;
  }

  option(socket: number, option: number): number {
    const done = this.run(() => this.network.getOption(TASK, socket, option, BUFFER, 16));
    if (done < 0) return done;
    return new DataView(this.kernel.task(TASK).memory.buffer, BUFFER, 4).getInt32(0, true);
  }

  setOption(socket: number, option: number, ...words: number[]): Result {
    const view = new DataView(this.kernel.task(TASK).memory.buffer, BUFFER, 16);
    for (const [index, word] of words.entries()) view.setInt32(index * 4, word, true);
    return this.run(() => this.network.setOption(TASK, socket, option, BUFFER, words.length * 4));
  }
}

for (const forcing of [false, true]) {
  describe(forcing ? "sockets, with forced BLOCKED" : "sockets", () => {
    let rig: Rig;
    beforeEach(() => {
      rig = new Rig(forcing);
    });

    test("only the Unix domain and its types", () => {
      const make = (family: number, type: number, transport = 0) =>
        rig.run(() => rig.network.socket(TASK, family, type, transport));
      assert.equal(make(2, S.SOCK_STREAM), -E.EAFNOSUPPORT);
      assert.equal(make(10, S.SOCK_DGRAM), -E.EAFNOSUPPORT);
      assert.equal(make(16, S.SOCK_RAW), -E.EAFNOSUPPORT);
      assert.equal(make(-1, S.SOCK_STREAM), -E.EAFNOSUPPORT);
      assert.equal(make(1, 4), -E.ESOCKTNOSUPPORT);
      assert.equal(make(1, 12), -E.EINVAL);
      assert.equal(make(1, 1, 6), -E.EPROTONOSUPPORT);
      assert.equal(rig.network.typeOf(TASK, make(1, S.SOCK_RAW)), S.SOCK_DGRAM);
    });

    test("a stream goes over boundaries, a packet does not", () => {
      const [a, b] = rig.pair();
      assert.equal(rig.receive(b, 10, S.MSG_DONTWAIT), -E.EAGAIN);
      assert.equal(rig.send(a, "one"), 3);
      assert.equal(rig.send(a, "two"), 3);
      assert.equal(rig.receive(b, 2, S.MSG_PEEK), "on");
      assert.equal(rig.receive(b, 4), "onet");
      assert.equal(rig.receive(b, 9), "wo");
      const [c, d] = rig.pair(S.SOCK_SEQPACKET);
      assert.equal(rig.send(c, "one"), 3);
      assert.equal(rig.send(c, "two"), 3);
      assert.equal(rig.receive(d, 2, 0, RECEIVE_RECORD_BYTES), "on");
      assert.equal(rig.recorded(RECEIVE_RECORD.flags), S.MSG_TRUNC);
      assert.equal(rig.receive(d, 9), "two");
    });

    test("write(2) sends no message in parts", () => {
      const write = (socket: number, length: number) =>
        rig.run(() => rig.network.write(TASK, socket, 0, BUFFER, length, 0));
      assert.equal(write(rig.pair(S.SOCK_DGRAM)[0], 65535), 65535);
      assert.equal(write(rig.pair(S.SOCK_DGRAM)[0], 65536), -E.EMSGSIZE);
      assert.equal(write(rig.pair()[0], 65536), 65536);
    });

    test("who waits is woken, and a sender waits for room", () => {
      const [a, b] = rig.pair();
      assert.equal(
        rig.run(() => rig.network.receive(OTHER, b, BUFFER, 4, 0, 0, 0), OTHER),
        BLOCKED,
      );
      assert.equal(rig.kernel.isWoken(OTHER), false);
      assert.equal(rig.send(a, "x"), 1);
      assert.equal(rig.kernel.isWoken(OTHER), true);
      rig.kernel.finish(OTHER, -E.EINTR);
      const block = "b".repeat(30000);
      let sent = 0;
      for (let done = 1; done > 0; sent += Math.max(done, 0)) {
        done = rig.send(a, block, S.MSG_DONTWAIT);
      }
      assert.ok(sent > 200000 && sent < 300000, `${sent}`);
      assert.equal(rig.poll(a) & POLLOUT, 0);
      const send = () => rig.network.send(OTHER, a, 0, BUFFER, 5, 0, 0, 0);
      assert.equal(rig.run(send, OTHER), BLOCKED);
      while (rig.receive(b, 60000, S.MSG_DONTWAIT) !== -E.EAGAIN);
      assert.equal(rig.kernel.isWoken(OTHER), true);
      assert.equal(rig.run(send, OTHER), 5);
      assert.equal(rig.poll(a) & POLLOUT, POLLOUT);
    });

    test("connections: backlog, embryos, what a listener leaves behind", () => {
      const listener = rig.listener("name", 1);
      const clients = [rig.socket(), rig.socket(), rig.socket()];
      const target = rig.find(clients[0] as number, "name");
      assert.equal(target, listener);
      assert.equal(rig.poll(listener), 0);
      assert.equal(rig.connect(clients[0] as number, target), 0);
      assert.equal(rig.connect(clients[1] as number, target), 0);
      assert.equal(rig.connect(clients[2] as number, target, O_NONBLOCK), -E.EAGAIN);
      assert.equal(rig.connect(clients[2] as number, target, 0, OTHER), BLOCKED);
      assert.equal(rig.poll(listener), POLLIN);
      assert.equal(rig.send(clients[0] as number, "early"), 5);
      const server = rig.accept(listener);
      assert.equal(rig.kernel.isWoken(OTHER), true);
      assert.equal(rig.receive(server), "early");
      assert.equal(rig.connect(clients[0] as number, target), -E.EISCONN);
      rig.close(listener);
      assert.equal(
        rig.poll(clients[1] as number),
        POLLIN | POLLOUT | POLLRDHUP | POLLHUP | POLLERR,
      );
      assert.equal(rig.receive(clients[1] as number), -E.ECONNRESET);
      assert.equal(rig.receive(clients[1] as number), "");
      assert.equal(rig.find(clients[2] as number, "name"), -E.ECONNREFUSED);
      assert.equal(rig.send(clients[0] as number, "still"), 5);
    });

    test("the end of a peer: what was sent, then the end; EPIPE with its signal", () => {
      const [a, b] = rig.pair();
      assert.equal(rig.send(a, "last"), 4);
      rig.close(a);
      assert.equal(rig.receive(b), "last");
      assert.equal(rig.receive(b), "");
      assert.equal(rig.send(b, "x", S.MSG_NOSIGNAL), -E.EPIPE);
      assert.equal(rig.kernel.signals.length, 0);
      assert.equal(rig.send(b, "x"), -E.EPIPE);
      assert.equal(rig.kernel.signals.length, 1);
      const [c, d] = rig.pair();
      assert.equal(rig.send(c, "unread"), 6);
      rig.close(d);
      assert.equal(rig.receive(c), -E.ECONNRESET);
      assert.equal(rig.option(c, S.SO_ERROR), 0);
    });

    test("datagrams: destinations, a full queue, a peer that goes", () => {
      const receiver = rig.socket(S.SOCK_DGRAM);
      assert.equal(rig.bind(receiver, "r"), 0);
      const sender = rig.socket(S.SOCK_DGRAM);
      assert.equal(rig.send(sender, "x"), -E.ENOTCONN);
      for (let count = 0; count <= 10; count++) assert.equal(rig.send(sender, "x", 0, receiver), 1);
      assert.equal(rig.send(sender, "x", S.MSG_DONTWAIT, receiver), -E.EAGAIN);
      const send = () => rig.network.send(OTHER, sender, receiver, BUFFER, 1, 0, 0, 0);
      assert.equal(rig.run(send, OTHER), BLOCKED);
      assert.equal(rig.receive(receiver), "x");
      assert.equal(rig.kernel.isWoken(OTHER), true);
      assert.equal(rig.run(send, OTHER), 1);
      assert.equal(rig.connect(sender, receiver), 0);
      assert.equal(rig.poll(sender) & POLLOUT, 0);
      rig.close(receiver);
      assert.equal(rig.send(sender, "x"), -E.ECONNREFUSED);
      assert.equal(rig.send(sender, "x"), -E.ENOTCONN);
      assert.equal(rig.send(sender, "x".repeat(250000), S.MSG_DONTWAIT, sender), -E.EMSGSIZE);
    });

    test("a timeout ends a wait with EAGAIN", () => {
      const [a] = rig.pair();
      assert.equal(rig.setOption(a, S.SO_RCVTIMEO, 0, 0, 1000, 0), 0);
      const receive = () => rig.network.receive(OTHER, a, BUFFER, 4, 0, 0, 0);
      assert.equal(rig.run(receive, OTHER), BLOCKED);
      rig.kernel.nanoseconds += 2e6;
      assert.equal(rig.kernel.isWoken(OTHER), true);
      assert.equal(rig.run(receive, OTHER), -E.EAGAIN);
      assert.equal(rig.setOption(a, S.SO_RCVTIMEO, 0, 0, 1e6, 0), -E.EDOM);
    });

    test("SO_RCVLOWAT: a wait for so many bytes, unless there is a timeout", () => {
      const [a, b] = rig.pair();
      assert.equal(rig.setOption(b, S.SO_RCVLOWAT, 3), 0);
      assert.equal(rig.send(a, "ab"), 2);
      const receive = () => rig.network.receive(OTHER, b, BUFFER, 9, 0, 0, 0);
      assert.equal(rig.run(receive, OTHER), BLOCKED);
      assert.equal(rig.send(a, "c"), 1);
      assert.equal(rig.run(receive, OTHER), 3);
    });

    test("names: in use, chosen, one per type", () => {
      const first = rig.socket();
      assert.equal(rig.bind(first, "n"), 0);
      assert.equal(rig.bind(first, "m"), -E.EINVAL);
      assert.equal(rig.bind(rig.socket(), "n"), -E.EADDRINUSE);
      assert.equal(rig.bind(rig.socket(S.SOCK_DGRAM), "n"), 0);
      const chosen = rig.socket();
      assert.equal(
        rig.run(() => rig.network.bindName(TASK, chosen, 0, 0)),
        0,
      );
      assert.equal(
        rig.run(() => rig.network.name(TASK, chosen, 0, BUFFER, 112)),
        8,
      );
      rig.close(first);
      assert.equal(rig.bind(rig.socket(), "n"), 0);
    });

    test("files of messages that nobody reads are told of", () => {
      const [a, b] = rig.pair();
      assert.equal(rig.send(a, "x", 0, 0, [71, 72]), 1);
      assert.equal(rig.receive(b, 9, S.MSG_PEEK), "x");
      assert.equal(rig.network.dropped(TASK), 0);
      assert.equal(rig.receive(b), "x");
      assert.deepEqual([rig.network.dropped(TASK), rig.network.dropped(TASK)].sort(), [71, 72]);
      assert.equal(rig.send(a, "x", 0, 0, [73]), 1);
      assert.equal(rig.receive(b, 9, 0, RECEIVE_RECORD_BYTES), "x");
      assert.equal(rig.recorded(RECEIVE_RECORD.rightsCount), 1);
      assert.equal(rig.recorded(RECEIVE_RECORD.rights), 73);
      assert.equal(rig.send(a, "x", 0, 0, [74]), 1);
      rig.close(b);
      assert.equal(rig.network.dropped(TASK), 74);
      assert.equal(rig.network.dropped(TASK), 0);
    });

    test("only sockets that cannot be reached are emptied", () => {
      const [a, b] = rig.pair();
      const [c, d] = rig.pair();
      assert.equal(rig.send(a, "x", 0, 0, [1]), 1);
      assert.equal(rig.send(c, "x", 0, 0, [2]), 1);
      const collect = (...pairs: number[]) => {
        const { memory } = rig.kernel.task(TASK);
        memory.set(new Uint8Array(Float64Array.from(pairs).buffer), RECORD);
        return rig.run(() => rig.network.collect(TASK, RECORD, pairs.length * 8));
      };
      // File 1 is d, in b's queue; file 2 is b, in d's. b has a descriptor besides.
      assert.equal(collect(1, d), 0);
      assert.equal(collect(1, d, 2, b), 2);
      assert.deepEqual([rig.network.dropped(TASK), rig.network.dropped(TASK)].sort(), [1, 2]);
    });

    test("messages of all sockets together are bounded", () => {
      const send = (socket: number) =>
        rig.run(() => rig.network.send(TASK, socket, 0, BUFFER, 200000, S.MSG_DONTWAIT, 0, 0));
      let result: Result = 1;
      for (let count = 0; count < 500 && result !== -E.ENOBUFS; count++) {
        const [a] = rig.pair();
        do result = send(a);
        while (result > 0);
      }
      assert.equal(result, -E.ENOBUFS);
      assert.equal(send(rig.pair(S.SOCK_DGRAM)[0]), -E.ENOBUFS);
      for (const id of [...rig.network.state.sockets.keys()]) rig.close(id);
      assert.equal(rig.network.state.queuedBytes, 0);
      assert.equal(rig.send(rig.pair()[0], "x"), 1);
    });

    test("options: bounds, what is not there", () => {
      const [a] = rig.pair();
      assert.equal(rig.setOption(a, S.SO_SNDBUF, 1e9), 0);
      assert.equal(rig.option(a, S.SO_SNDBUF), 2 * S.BUFFER_BYTES);
      assert.equal(rig.setOption(a, S.SO_RCVBUF, 0), 0);
      assert.equal(rig.option(a, S.SO_RCVBUF), S.RECEIVE_BUFFER_BYTES_MIN);
      assert.equal(rig.option(a, 9999), -E.ENOPROTOOPT);
      assert.equal(rig.setOption(a, 9999, 1), -E.ENOPROTOOPT);
      assert.equal(rig.setOption(a, S.SO_REUSEADDR), -E.EINVAL);
    });
  });
}
