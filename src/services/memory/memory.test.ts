/** The memory service over the kernel's own frames and spaces: each call, its refusals, its limits.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { EACCES, EEXIST, EFAULT, EINVAL, ENOMEM, EPERM } from "../../abi/errno.js";
import * as abi from "../../abi/memory.js";
import { ATTRIBUTE } from "../../kernel/calls.js";
import { FakeKernel } from "../testing/fake-frames.js";
import { MemorySystem } from "../testing/memory-system.js";
import { Memory } from "./memory.js";
import { MAP_OBJECT_READ_ONLY } from "./protocol.js";
import { FIRST_PAGE, GUARD_PAGES } from "./regions.js";

const PAGE = abi.PAGE_BYTES;
const READ_WRITE = abi.PROT_READ | abi.PROT_WRITE;
const PRIVATE = abi.MAP_PRIVATE | abi.MAP_ANONYMOUS;
const FIXED = PRIVATE | abi.MAP_FIXED;
const BASE = 0x1000_0000;
const STACK_TOP = 0x30_0000_0000;
const UNLIMITED = Number.MAX_SAFE_INTEGER;

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

/** The same, with a look at the regions. */
function withRegions() {
  const system = running();
  const region = (address: number) => {
    const regions = system.memory.state.spaces.get(system.space)?.regions ?? [];
    const page = address / PAGE;
    return regions.find(({ startPage, endPage }) => startPage <= page && page < endPage);
  };
  return { ...system, region };
}

describe("placement", () => {
  test("goes down from the top, lower each time, and reuses a hole", () => {
    const { memory, anonymous } = running();
    const first = anonymous(4, 0, PRIVATE);
    const second = anonymous(4, 0, PRIVATE);
    assert.equal(second, first - 4 * PAGE);
    assert.equal(memory.unmap(1, first, 4 * PAGE), 0);
    assert.equal(anonymous(2, 0, PRIVATE), first + 2 * PAGE);
  });

  test("a seed decides it", () => {
    const top = (seed: number): number => {
      const kernel = new FakeKernel(64, seed);
      const memory = new Memory(kernel.calls);
      kernel.addTask(1, 1);
      memory.createSpace(1);
      kernel.endCall(1, true, memory);
      return memory.map(1, 0, PAGE, READ_WRITE, PRIVATE, -1, 0);
    };
    assert.equal(top(1), top(1));
    assert.notEqual(top(1), top(2));
  });

  test("a hint is taken if free, else ignored; FIXED_NOREPLACE refuses", () => {
    const { memory, anonymous } = running();
    assert.equal(anonymous(2, BASE + 1, PRIVATE), BASE);
    assert.notEqual(anonymous(2, BASE, PRIVATE), BASE);
    const flags = PRIVATE | abi.MAP_FIXED_NOREPLACE;
    assert.equal(memory.map(1, BASE + PAGE, PAGE, READ_WRITE, flags, -1, 0), -EEXIST);
    assert.equal(memory.map(1, BASE + 2 * PAGE, PAGE, READ_WRITE, flags, -1, 0), BASE + 2 * PAGE);
  });

  test("the first pages are the superuser's", () => {
    const { kernel, anonymous } = running();
    kernel.task(1).attributes.set(ATTRIBUTE.effectiveUserId, 1000);
    assert.equal(anonymous(1, (FIRST_PAGE - 1) * PAGE), -EPERM);
    assert.equal(anonymous(1, FIRST_PAGE * PAGE), FIRST_PAGE * PAGE);
    kernel.task(1).attributes.set(ATTRIBUTE.effectiveUserId, 0);
    assert.equal(anonymous(1, 0), 0);
  });

  test("refuses bad types, lengths, offsets and addresses beyond user memory", () => {
    const { memory } = running();
    const map = (address: number, length: number, flags: number, offset = 0) =>
      memory.map(1, address, length, READ_WRITE, flags, -1, offset);
    assert.equal(map(0, PAGE, abi.MAP_ANONYMOUS), -EINVAL);
    assert.equal(map(0, 0, PRIVATE), -EINVAL);
    assert.equal(map(0, PAGE, PRIVATE, 1), -EINVAL);
    assert.equal(map(2 ** 38, PAGE, FIXED), -ENOMEM);
    assert.equal(map(0, 2 ** 38 + 1, PRIVATE), -ENOMEM);
    assert.equal(map(0, PAGE, PRIVATE | abi.MAP_HUGETLB), -ENOMEM);
  });
});

describe("limits", () => {
  test("RLIMIT_AS counts everything, less what MAP_FIXED replaces", () => {
    const { limit, anonymous } = running();
    limit(abi.RLIMIT_AS, 10 * PAGE);
    assert.equal(anonymous(8, BASE), BASE);
    assert.equal(anonymous(3, 0, PRIVATE), -ENOMEM);
    assert.equal(anonymous(10, BASE), BASE);
  });

  test("RLIMIT_DATA counts private writable memory, also by mprotect", () => {
    const { memory, limit, anonymous } = running();
    limit(abi.RLIMIT_DATA, 4 * PAGE);
    assert.equal(anonymous(4, BASE), BASE);
    assert.equal(anonymous(1, 0, PRIVATE), -ENOMEM);
    const at = memory.map(1, 0, PAGE, abi.PROT_READ, PRIVATE, -1, 0);
    assert.ok(at > 0);
    assert.equal(memory.protect(1, at, PAGE, READ_WRITE), -ENOMEM);
  });

  test("more than the machine has is refused unless MAP_NORESERVE", () => {
    const { anonymous } = running(256);
    assert.equal(anonymous(257, 0, PRIVATE), -ENOMEM);
    assert.ok(anonymous(257, 0, PRIVATE | abi.MAP_NORESERVE) > 0);
  });

  test("when frames run out a fault is ENOMEM, a reserve is left, exit frees all", () => {
    const { kernel, memory, anonymous, store } = running(256);
    const before = kernel.frames.state.freeCount;
    anonymous(256, BASE);
    let page = 0;
    while (store(1, BASE + page * PAGE, 1) === 0) page++;
    assert.equal(memory.fault(1, BASE / PAGE + page, abi.PROT_WRITE), -ENOMEM);
    assert.ok(kernel.frames.state.freeCount > 0);
    assert.equal(memory.prepare(1, BASE + page * PAGE, 10, abi.PROT_WRITE), -ENOMEM);
    assert.equal(memory.leave(1), 0);
    assert.equal(kernel.frames.state.freeCount, before);
    assert.equal(kernel.spaces.state.spaces.size, 0);
  });
});

describe("protection", () => {
  test("a hole is ENOMEM after what is before it has changed", () => {
    const { memory, anonymous, region } = withRegions();
    anonymous(2, BASE);
    anonymous(1, BASE + 3 * PAGE);
    assert.equal(memory.protect(1, BASE + PAGE, 3 * PAGE, abi.PROT_READ), -ENOMEM);
    assert.equal(region(BASE)?.protection, READ_WRITE);
    assert.equal(region(BASE + PAGE)?.protection, abi.PROT_READ);
    assert.equal(region(BASE + 3 * PAGE)?.protection, READ_WRITE);
  });

  test("splits and merges regions", () => {
    const { memory, anonymous, space } = running();
    anonymous(3, BASE);
    assert.equal(memory.protect(1, BASE + PAGE, PAGE, 0), 0);
    const regions = memory.state.spaces.get(space)?.regions;
    assert.equal(regions?.length, 3);
    assert.equal(memory.protect(1, BASE + PAGE, PAGE, READ_WRITE), 0);
    assert.equal(regions?.length, 1);
  });

  test("taken and given back, contents stay; a page that was copied on write stays private", () => {
    const { fork, memory, anonymous, store, load } = running();
    anonymous(1, BASE);
    store(1, BASE, 42);
    fork(2);
    assert.equal(memory.protect(1, BASE, PAGE, 0), 0);
    assert.equal(load(1, BASE), -EACCES);
    assert.equal(memory.protect(1, BASE, PAGE, READ_WRITE), 0);
    assert.equal(load(1, BASE), 42);
    store(1, BASE, 43);
    assert.equal(load(2, BASE), 42);
  });

  test("a shared mapping of a file opened for reading never becomes writable", () => {
    const { memory } = running();
    const object = memory.createObject(0, PAGE);
    const flags = abi.MAP_SHARED | MAP_OBJECT_READ_ONLY;
    const at = memory.map(1, 0, PAGE, abi.PROT_READ, flags, object, 0);
    assert.equal(memory.protect(1, at, PAGE, READ_WRITE), -EACCES);
    const own = memory.map(1, 0, PAGE, abi.PROT_READ, abi.MAP_PRIVATE, object, 0);
    assert.equal(memory.protect(1, own, PAGE, READ_WRITE), 0);
  });

  test("unknown bits and addresses inside a page are EINVAL, beyond user memory ENOMEM", () => {
    const { memory } = running();
    assert.equal(memory.protect(1, BASE, PAGE, 0x40), -EINVAL);
    assert.equal(memory.protect(1, BASE + 8, PAGE, 0), -EINVAL);
    assert.equal(memory.protect(1, 2 ** 38, PAGE, 0), -ENOMEM);
    assert.equal(memory.protect(1, BASE, 0, 0), 0);
  });
});

describe("the stack", () => {
  const grows = FIXED | abi.MAP_GROWSDOWN | abi.MAP_STACK;

  test("grows down to RLIMIT_STACK", () => {
    const { limit, anonymous, store } = running();
    limit(abi.RLIMIT_STACK, 8 * PAGE);
    anonymous(1, STACK_TOP - PAGE, grows);
    assert.equal(store(1, STACK_TOP - 8 * PAGE, 1), 0);
    assert.equal(store(1, STACK_TOP - 9 * PAGE, 1), -EFAULT);
  });

  test("has neighbouring frames, in a forked child too", () => {
    const { anonymous, fork, kernel, limit, store, space } = running(8192);
    limit(abi.RLIMIT_STACK, UNLIMITED);
    anonymous(1, STACK_TOP - PAGE, grows);
    anonymous(8, BASE);
    const first = Math.floor(STACK_TOP / PAGE) - 6;
    const framesOf = (owner: number) =>
      [0, 1, 2, 3, 4, 5].map((page) => kernel.spaces.mapping(owner, first + page) >> 3);
    const ascending = (from: number) => [0, 1, 2, 3, 4, 5].map((page) => from + page);
    for (let page = 5; page >= 0; page--) {
      assert.equal(store(1, (first + page) * PAGE, page), 0);
      // Others take frames meanwhile.
      assert.equal(store(1, BASE + page * PAGE, page), 0);
    }
    const own = framesOf(space);
    assert.deepEqual(own, ascending(own[0] ?? 0));
    fork(2);
    const child = kernel.task(2).attributes.get(ATTRIBUTE.space) ?? -1;
    for (const page of [3, 4, 5, 2, 1, 0]) assert.equal(store(2, (first + page) * PAGE, 1), 0);
    const copied = framesOf(child);
    assert.deepEqual(copied, ascending(copied[0] ?? 0));
    assert.notEqual(copied[0], own[0]);
  });

  test("keeps a gap to what is below, unless that is inaccessible", () => {
    const { memory, limit, anonymous, store } = running();
    limit(abi.RLIMIT_STACK, UNLIMITED);
    anonymous(1, STACK_TOP - PAGE, grows);
    const below = STACK_TOP - 2 * GUARD_PAGES * PAGE;
    anonymous(1, below);
    const lowest = below + PAGE + GUARD_PAGES * PAGE;
    assert.equal(store(1, lowest, 1), 0);
    assert.equal(store(1, lowest - PAGE, 1), -EFAULT);
    assert.equal(memory.protect(1, below, PAGE, 0), 0);
    assert.equal(store(1, below + PAGE, 1), 0);
  });
});

describe("brk", () => {
  function withBreak() {
    const system = start();
    assert.equal(system.memory.setBreakStart(1, system.space, BASE + 100), 0);
    system.begin();
    return system;
  }

  test("grows, shrinks, and answers the old break when refused", () => {
    const { memory, limit, anonymous, store, load } = withBreak();
    assert.equal(memory.setBreak(1, 0), BASE + 100);
    assert.equal(memory.setBreak(1, BASE + 3 * PAGE), BASE + 3 * PAGE);
    assert.equal(store(1, BASE + PAGE, 7), 0);
    assert.equal(memory.setBreak(1, BASE + PAGE + 1), BASE + PAGE + 1);
    assert.equal(load(1, BASE + PAGE), 7);
    assert.equal(store(1, BASE + 2 * PAGE, 1), -EFAULT);
    assert.equal(memory.setBreak(1, BASE + 2 * PAGE), BASE + 2 * PAGE);
    anonymous(1, BASE + 4 * PAGE);
    assert.equal(memory.setBreak(1, BASE + 5 * PAGE), BASE + 2 * PAGE);
    limit(abi.RLIMIT_DATA, 2 * PAGE);
    assert.equal(memory.setBreak(1, BASE + 4 * PAGE), BASE + 2 * PAGE);
  });

  test("is one region named [heap] however often it grows", () => {
    const { kernel, memory, space } = withBreak();
    for (let i = 1; i <= 5; i++) memory.setBreak(1, BASE + i * PAGE);
    assert.equal(memory.state.spaces.get(space)?.regions.length, 1);
    const buffer = kernel.scratch(1, new Uint8Array(200));
    const count = memory.describeMaps(1, 1, 0, buffer, 200);
    const text = new TextDecoder().decode(kernel.bytesAt(1, buffer, count));
    assert.match(text, /^10001000-10005000 rw-p 00000000 00:00 0 +\[heap\]\n$/);
    assert.equal(text.indexOf("["), 73, "the column of proc(5)'s names");
  });
});

describe("prepare", () => {
  test("answers the length up to the first bad page, EFAULT if that is the first", () => {
    const { memory, anonymous } = running();
    anonymous(3, BASE);
    assert.equal(memory.prepare(1, BASE + 10, 100, abi.PROT_WRITE), 100);
    assert.equal(memory.prepare(1, BASE + 10, 5 * PAGE, abi.PROT_WRITE), 3 * PAGE - 10);
    assert.equal(memory.prepare(1, BASE - 1, 100, abi.PROT_WRITE), -EFAULT);
    assert.equal(memory.prepare(1, 2 ** 38 + 5, 1, abi.PROT_READ), -EFAULT);
    assert.equal(memory.prepare(1, BASE, 0, abi.PROT_READ), 0);
    memory.protect(1, BASE + PAGE, PAGE, abi.PROT_READ);
    assert.equal(memory.prepare(1, BASE, 3 * PAGE, abi.PROT_WRITE), PAGE);
    assert.equal(memory.prepare(1, BASE, 3 * PAGE, abi.PROT_READ), 3 * PAGE);
  });

  test("answers at most 64 KiB at once, all of it copyable", () => {
    const { kernel, memory, anonymous } = running();
    anonymous(40, BASE);
    assert.equal(memory.prepare(1, BASE + 5, 40 * PAGE - 5, abi.PROT_WRITE), 65536);
    assert.equal(kernel.calls.clearOut(1, BASE + 5, 65536), 0);
  });
});

describe("mremap", () => {
  test("shrinks, grows in place, moves with contents when it must", () => {
    const { memory, anonymous, store, load, region } = withRegions();
    anonymous(4, BASE);
    store(1, BASE + PAGE, 5);
    assert.equal(memory.remap(1, BASE, 4 * PAGE, 2 * PAGE, 0, 0), BASE);
    assert.equal(region(BASE + 2 * PAGE), undefined);
    assert.equal(memory.remap(1, BASE, 2 * PAGE, 3 * PAGE, 0, 0), BASE);
    anonymous(1, BASE + 3 * PAGE);
    memory.protect(1, BASE + 3 * PAGE, PAGE, 0);
    assert.equal(memory.remap(1, BASE, 3 * PAGE, 4 * PAGE, 0, 0), -ENOMEM);
    const moved = memory.remap(1, BASE, 3 * PAGE, 4 * PAGE, abi.MREMAP_MAYMOVE, 0);
    assert.ok(moved > 0 && moved !== BASE);
    assert.equal(load(1, moved + PAGE), 5);
    assert.equal(load(1, BASE), -EFAULT);
    assert.equal(load(1, moved + 3 * PAGE), 0);
  });

  test("DONTUNMAP keeps the old range, empty; length 0 doubles shared memory", () => {
    const { memory, anonymous, store, load } = running();
    anonymous(1, BASE);
    store(1, BASE, 5);
    const flags = abi.MREMAP_MAYMOVE | abi.MREMAP_DONTUNMAP;
    const moved = memory.remap(1, BASE, PAGE, PAGE, flags, 0);
    assert.equal(load(1, moved), 5);
    assert.equal(load(1, BASE), 0);
    assert.equal(memory.remap(1, BASE, 0, PAGE, abi.MREMAP_MAYMOVE, 0), -EINVAL);
    const shared = memory.map(1, 0, PAGE, READ_WRITE, abi.MAP_SHARED | 0x20, -1, 0);
    const second = memory.remap(1, shared, 0, PAGE, abi.MREMAP_MAYMOVE, 0);
    store(1, shared, 8);
    assert.equal(load(1, second), 8);
  });

  test("refuses as Linux does", () => {
    const { memory, anonymous } = running();
    anonymous(2, BASE);
    const fixed = abi.MREMAP_MAYMOVE | abi.MREMAP_FIXED;
    assert.equal(memory.remap(1, BASE, PAGE, 0, 0, 0), -EINVAL);
    assert.equal(memory.remap(1, BASE + 1, PAGE, PAGE, 0, 0), -EINVAL);
    assert.equal(memory.remap(1, BASE, 2 * PAGE, PAGE, abi.MREMAP_FIXED, 0), -EINVAL);
    assert.equal(memory.remap(1, BASE, 2 * PAGE, PAGE, fixed, BASE + PAGE), -EINVAL);
    assert.equal(memory.remap(1, BASE, 3 * PAGE, 4 * PAGE, 1, 0), -EFAULT);
  });
});

describe("ranges", () => {
  test("madvise: unknown advice is EINVAL, holes ENOMEM, REMOVE punches the object", () => {
    const { memory, anonymous, store, load } = running();
    anonymous(1, BASE);
    assert.equal(memory.advise(1, BASE, PAGE, 5), -EINVAL);
    assert.equal(memory.advise(1, BASE, PAGE, abi.MADV_WILLNEED), 0);
    assert.equal(memory.advise(1, BASE, 2 * PAGE, abi.MADV_WILLNEED), -ENOMEM);
    const shared = memory.map(1, 0, 2 * PAGE, READ_WRITE, abi.MAP_SHARED | 0x20, -1, 0);
    store(1, shared, 1);
    store(1, shared + PAGE, 2);
    assert.equal(memory.advise(1, shared, PAGE, abi.MADV_REMOVE), 0);
    assert.equal(load(1, shared), 0);
    assert.equal(load(1, shared + PAGE), 2);
    assert.equal(memory.advise(1, BASE, PAGE, abi.MADV_POPULATE_WRITE), 0);
  });

  test("msync and mincore", () => {
    const { kernel, memory, anonymous, store } = running();
    anonymous(3, BASE);
    store(1, BASE + PAGE, 1);
    const both = abi.MS_ASYNC | abi.MS_SYNC;
    assert.equal(memory.synchronize(1, BASE, 3 * PAGE, abi.MS_SYNC), 0);
    assert.equal(memory.synchronize(1, BASE, 3 * PAGE, both), -EINVAL);
    assert.equal(memory.synchronize(1, BASE, 4 * PAGE, abi.MS_ASYNC), -ENOMEM);
    const vector = kernel.scratch(1, new Uint8Array(3));
    assert.equal(memory.residency(1, BASE, 3 * PAGE, vector, 3), 0);
    assert.deepEqual([...kernel.bytesAt(1, vector, 3)], [0, 1, 0]);
    assert.equal(memory.residency(1, BASE, 4 * PAGE, vector, 3), -ENOMEM);
  });
});

describe("what others see", () => {
  test("futex keys: equal for one word of shared memory, the space's own else", () => {
    const { fork, memory, anonymous } = running();
    anonymous(1, BASE);
    const shared = memory.map(1, 0, 2 * PAGE, READ_WRITE, abi.MAP_SHARED | 0x20, -1, 0);
    fork(2);
    const moved = memory.remap(2, shared, 2 * PAGE, 2 * PAGE, 3, BASE + 16 * PAGE);
    const key = memory.futexKey(1, shared + PAGE + 4, 1);
    assert.equal(memory.futexKey(2, moved + PAGE + 4, 1), key);
    assert.notEqual(memory.futexKey(1, shared + PAGE, 1), key);
    assert.notEqual(memory.futexKey(1, BASE, 1), memory.futexKey(2, BASE, 1));
    assert.equal(memory.futexKey(1, BASE, 1), memory.futexKey(1, BASE, 0));
    assert.equal(memory.futexKey(1, BASE + 2, 0), -EINVAL);
    assert.equal(memory.futexKey(1, BASE + 64 * PAGE, 1), -EFAULT);
    assert.ok(Number.isSafeInteger(key));
  });

  test("maps in parts, and figures", () => {
    const { kernel, memory, anonymous, store } = running();
    anonymous(2, BASE);
    const object = memory.createObject(0, 8 * PAGE);
    const flags = abi.MAP_SHARED | abi.MAP_FIXED;
    memory.map(1, BASE + 16 * PAGE, PAGE, 5, flags, object, 2 * PAGE);
    store(1, BASE, 1);
    const buffer = kernel.scratch(1, new Uint8Array(256));
    const all = memory.describeMaps(1, 1, 0, buffer, 256);
    const text = new TextDecoder().decode(kernel.bytesAt(1, buffer, all));
    assert.equal(
      text,
      "10000000-10002000 rw-p 00000000 00:00 0 \n" +
        `10010000-10011000 r-xs 00002000 00:01 ${object} `.padEnd(73) +
        "/dev/zero (deleted)\n",
    );
    assert.equal(memory.describeMaps(1, 1, all - 3, buffer, 256), 3);
    assert.equal(memory.describeMaps(1, 1, all, buffer, 256), 0);
    const figures = [0, 1, 2, 3, 4, 5].map((figure) => memory.usage(1, 1, figure));
    assert.deepEqual(figures, [3, 1, 0, 1, 2, 0]);
  });
});
