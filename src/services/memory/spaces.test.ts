/** Memory over the kernel's own frames and spaces: objects, fork, exec. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { EACCES, EAGAIN, EFAULT, EINVAL, EIO, ENOMEM } from "../../abi/errno.js";
import * as abi from "../../abi/memory.js";
import { ATTRIBUTE } from "../../kernel/calls.js";
import { MemorySystem } from "../testing/memory-system.js";
import { Memory } from "./memory.js";

const PAGE = abi.PAGE_BYTES;
const READ_WRITE = abi.PROT_READ | abi.PROT_WRITE;
const PRIVATE = abi.MAP_PRIVATE | abi.MAP_ANONYMOUS;
const FIXED = PRIVATE | abi.MAP_FIXED;
const BASE = 0x1000_0000;

/** A system with task 1 on its way to its first program. */
function start(frameCount = 512, vdso?: Uint8Array) {
  const options = vdso === undefined ? {} : { vdso };
  return new MemorySystem((calls) => new Memory(calls, {}, options), frameCount);
}

/** The same, with the program running. */
function running(frameCount = 512) {
  const system = start(frameCount);
  system.begin();
  return system;
}

describe("objects", () => {
  test("read and mappings see the same bytes; holes are zeros", () => {
    const { kernel, memory, store, load } = running();
    const object = memory.createObject(0, 4 * PAGE);
    const at = memory.map(1, 0, 4 * PAGE, READ_WRITE, abi.MAP_SHARED, object, 0);
    store(1, at + PAGE + 3, 9);
    const buffer = kernel.scratch(1, new Uint8Array(8).fill(255));
    assert.equal(memory.readObject(1, object, PAGE, buffer, 8), 8);
    assert.deepEqual([...kernel.bytesAt(1, buffer, 8)], [0, 0, 0, 9, 0, 0, 0, 0]);
    assert.equal(memory.objectPages(1, object), 1);
    const source = kernel.scratch(1, new Uint8Array([1, 2, 3]));
    assert.equal(memory.writeObject(1, object, 2 * PAGE - 1, source, 3), 3);
    assert.equal(load(1, at + 2 * PAGE - 1), 1);
    assert.equal(load(1, at + 2 * PAGE), 2);
  });

  test("a private mapping keeps its changes to itself", () => {
    const { memory, store, load } = running();
    const object = memory.createObject(0, PAGE);
    const shared = memory.map(1, 0, PAGE, READ_WRITE, abi.MAP_SHARED, object, 0);
    const own = memory.map(1, 0, PAGE, READ_WRITE, abi.MAP_PRIVATE, object, 0);
    store(1, shared, 1);
    assert.equal(load(1, own), 1);
    store(1, own, 2);
    assert.equal(load(1, shared), 1);
    store(1, shared, 3);
    assert.equal(load(1, own), 2);
  });

  test("beyond the last page is EIO, also after truncation; the tail reads as zeros", () => {
    const { memory, store, load } = running();
    const object = memory.createObject(0, 2 * PAGE);
    const at = memory.map(1, 0, 4 * PAGE, READ_WRITE, abi.MAP_SHARED, object, 0);
    assert.equal(load(1, at + 2 * PAGE), -EIO);
    store(1, at + 100, 5);
    store(1, at + PAGE, 6);
    assert.equal(memory.truncateObject(1, object, 100), 0);
    assert.equal(load(1, at + PAGE), -EIO);
    assert.equal(load(1, at + 100), 0);
    assert.equal(memory.truncateObject(1, object, 2 * PAGE), 0);
    assert.equal(load(1, at + PAGE), 0);
  });

  test("live until the last reference, mapping or not, and give back their frames", () => {
    const { kernel, memory, store } = running();
    const before = kernel.frames.state.freeCount;
    const object = memory.createObject(0, 2 * PAGE);
    const at = memory.map(1, 0, 2 * PAGE, READ_WRITE, abi.MAP_SHARED, object, 0);
    store(1, at, 1);
    assert.equal(memory.releaseObject(1, object), 0);
    assert.equal(memory.objectPages(1, object), 1);
    assert.equal(memory.unmap(1, at, PAGE), 0);
    assert.equal(memory.objectPages(1, object), 1);
    assert.equal(memory.unmap(1, at + PAGE, PAGE), 0);
    assert.equal(memory.objectPages(1, object), -EINVAL);
    assert.equal(kernel.frames.state.freeCount, before - 1, "the table of the pages is kept");
    assert.equal(memory.usage(0, 0, 2), 0);
  });

  test("a fault on a file maps what is present around it", () => {
    const { kernel, memory, load, space } = running();
    const object = memory.createObject(0, 32 * PAGE);
    const source = kernel.scratch(1, new Uint8Array(65536).fill(1));
    memory.writeObject(1, object, 0, source, 65536);
    const flags = abi.MAP_PRIVATE | abi.MAP_FIXED;
    assert.equal(memory.map(1, BASE, 32 * PAGE, abi.PROT_READ, flags, object, 0), BASE);
    assert.equal(load(1, BASE), 1);
    assert.equal(kernel.spaces.resident(space, BASE / PAGE, 32), 16);
  });
});

describe("regions", () => {
  test("at most 65530: what would split one more is refused, the rest goes on", () => {
    const { memory, space } = running();
    const flags = abi.MAP_PRIVATE | abi.MAP_FIXED | abi.MAP_ANONYMOUS;
    const at = (index: number): number => BASE + index * 3 * PAGE;
    const regions = (): number => memory.state.spaces.get(space)?.regions.length ?? 0;
    let made = 0;
    for (; memory.map(1, at(made), 2 * PAGE, abi.PROT_READ, flags, -1, 0) >= 0; made++);
    assert.equal(regions(), 65530);
    assert.equal(memory.protect(1, BASE, PAGE, READ_WRITE), -ENOMEM);
    assert.equal(memory.advise(1, BASE, PAGE, abi.MADV_DONTFORK), -EAGAIN);
    assert.equal(memory.lock(1, BASE, PAGE, 0), -ENOMEM);
    assert.equal(memory.remap(1, BASE, PAGE, 3 * PAGE, abi.MREMAP_MAYMOVE, 0), -ENOMEM);
    assert.equal(memory.unmap(1, at(5), 3 * PAGE), 0);
    assert.equal(regions(), 65529);
  });
});

describe("fork", () => {
  test("shares pages until one side writes; shared memory stays shared", () => {
    const { kernel, memory, anonymous, store, load } = running();
    anonymous(2, BASE);
    const shared = memory.map(1, 0, PAGE, READ_WRITE, abi.MAP_SHARED | 0x20, -1, 0);
    store(1, BASE, 1);
    store(1, shared, 1);
    kernel.addTask(2, 2);
    const tables = 2;
    const free = kernel.frames.state.freeCount - tables;
    assert.equal(memory.fork(1, 2, 0), 0);
    kernel.endCall(1, true, memory);
    assert.equal(kernel.frames.state.freeCount, free);
    assert.equal(store(2, BASE, 2), 0);
    assert.equal(store(2, shared, 2), 0);
    assert.equal(load(1, BASE), 1);
    assert.equal(load(1, shared), 2);
    assert.equal(kernel.frames.state.freeCount, free - 1);
    assert.equal(store(1, BASE, 3), 0);
    assert.equal(kernel.frames.state.freeCount, free - 1, "the last user of a frame keeps it");
    assert.equal(load(2, BASE), 2);
  });

  test("is undone by abort, redone by a re-run, kept once the child has started (vfork)", () => {
    const { kernel, memory, anonymous, store } = running();
    anonymous(1, BASE);
    store(1, BASE, 1);
    kernel.addTask(2, 2);
    memory.fork(1, 2, 0);
    memory.fork(1, 2, 0);
    assert.equal(memory.state.spaces.size, 2);
    kernel.endCall(1, false, memory);
    assert.equal(memory.state.spaces.size, 1);
    assert.equal(kernel.task(2).attributes.get(ATTRIBUTE.space), -1);
    memory.fork(1, 2, 1);
    kernel.calls.setStarted(1, 2);
    kernel.endCall(1, false, memory);
    assert.equal(memory.leave(1), 0);
    assert.equal(store(2, BASE, 2), 0);
    assert.equal(memory.leave(2), 0);
    assert.equal(memory.state.spaces.size, 0);
  });

  test("a child may leave before its parent's call ends", () => {
    const { kernel, memory, anonymous, store } = running();
    anonymous(1, BASE);
    kernel.addTask(2, 2);
    memory.fork(1, 2, 1);
    memory.leave(2);
    kernel.endCall(1, false, memory);
    assert.equal(store(1, BASE, 1), 0);
  });

  test("DONTFORK and WIPEONFORK", () => {
    const { fork, memory, anonymous, store, load } = running();
    anonymous(3, BASE);
    for (let i = 0; i < 3; i++) store(1, BASE + i * PAGE, 1);
    assert.equal(memory.advise(1, BASE, PAGE, abi.MADV_DONTFORK), 0);
    assert.equal(memory.advise(1, BASE + PAGE, PAGE, abi.MADV_WIPEONFORK), 0);
    fork(2);
    const seen = [0, 1, 2].map((i) => load(2, BASE + i * PAGE));
    assert.deepEqual(seen, [-EFAULT, 0, 1]);
  });
});

describe("exec", () => {
  test("builds a space that is in use from commit on; abort leaves the old one", () => {
    const { kernel, memory, anonymous, store, load } = running();
    anonymous(1, BASE);
    store(1, BASE, 1);
    const space = memory.createSpace(1);
    assert.equal(memory.mapInto(1, space, BASE, PAGE, 5, FIXED, -1, 0), BASE);
    kernel.endCall(1, false, memory);
    assert.equal(load(1, BASE), 1);
    assert.equal(memory.state.spaces.size, 1);
    const again = memory.createSpace(1);
    assert.equal(memory.mapInto(1, again, BASE, PAGE, 5, FIXED, -1, 0), BASE);
    assert.equal(memory.createSpace(1), again, "a re-run gets the same space");
    assert.equal(memory.state.spaces.get(again)?.regions.length, 0, "emptied");
    assert.equal(memory.mapInto(1, again, BASE, 2 * PAGE, 5, FIXED, -1, 0), BASE);
    const source = kernel.scratch(1, new Uint8Array([7, 8]));
    assert.equal(memory.writeInto(1, again, BASE + PAGE - 1, source, 2), 2);
    assert.equal(memory.mapInto(1, 99, BASE, PAGE, 5, FIXED, -1, 0), -EINVAL);
    kernel.endCall(1, true, memory);
    assert.equal(load(1, BASE + PAGE - 1), 7);
    assert.equal(load(1, BASE + PAGE), 8);
    assert.equal(store(1, BASE, 1), -EACCES);
    assert.equal(memory.state.spaces.size, 1);
  });

  test("writing into a private mapping of a file copies, whatever its protection", () => {
    const { kernel, memory, space } = start();
    const object = memory.createObject(0, PAGE);
    memory.mapInto(1, space, BASE, PAGE, abi.PROT_READ, abi.MAP_PRIVATE, object, 0);
    const source = kernel.scratch(1, new Uint8Array([7]));
    assert.equal(memory.writeInto(1, space, BASE, source, 1), 1);
    const buffer = kernel.scratch(1, new Uint8Array(1));
    memory.readObject(1, object, 0, buffer, 1);
    assert.equal(kernel.bytesAt(1, buffer, 1)[0], 0);
  });

  test("the vDSO is one set of frames for all, read and execute", () => {
    const { kernel, memory, space, begin, load, store } = start(512, new Uint8Array([1, 2, 3]));
    const at = memory.mapVdso(1, space);
    assert.ok(at > 0);
    begin();
    assert.equal(load(1, at + 2), 3);
    assert.equal(memory.fault(1, at / PAGE, abi.PROT_EXEC), 0);
    assert.equal(store(1, at, 1), -EACCES);
    const pages = memory.usage(0, 0, 2);
    const again = memory.createSpace(1);
    memory.mapVdso(1, again);
    kernel.endCall(1, true, memory);
    assert.equal(memory.usage(0, 0, 2), pages);
    assert.equal(running().memory.mapVdso(1, 0), -EINVAL, "only while a space is being built");
  });
});
