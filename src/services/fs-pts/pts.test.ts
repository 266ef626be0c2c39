/** The directory of slaves, over a terminal service that a test plays. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ENOENT, EPERM } from "../../abi/errno.js";
import { O_RDWR } from "../../abi/file.js";
import { NODE } from "../file/protocol.js";
import { FakeKernel, kernelCalls } from "../testing/fake-kernel.js";
import type { TtyService } from "../tty/protocol.js";
import { slaveNode } from "./protocol.js";
import { PseudoTerminalFileSystem } from "./pts.js";

function create(slaves: readonly number[]) {
  const kernel = new FakeKernel();
  kernel.addTask(1, 0);
  const attributes = new Map<number, number>([[NODE.mode, 0o20620]]);
  const opened: number[] = [];
  const tty = {
    nextSlave: (_: number, from: number) => slaves.find((index) => index >= from) ?? -ENOENT,
    slaveAttribute: (_: number, __: number, which: number) => attributes.get(which) ?? -ENOENT,
    setSlaveAttribute: (_: number, __: number, which: number, value: number) => {
      attributes.set(which, value);
      return 0;
    },
    open: (_: number, terminal: number) => opened.push(terminal),
  };
  const pts = new PseudoTerminalFileSystem(kernelCalls(kernel), {
    tty: tty as unknown as TtyService,
  });
  const find = (name: string): number => {
    const at = kernel.put(
      1,
      Uint8Array.from(name, (character) => character.charCodeAt(0)),
    );
    return pts.lookup(1, pts.root(), at, name.length);
  };
  return { pts, find, attributes, opened };
}

test("slaves by their numbers, and nothing else", () => {
  const { find } = create([0, 7, 12]);
  assert.equal(find("0"), slaveNode(0));
  assert.equal(find("12"), slaveNode(12));
  for (const name of ["1", "07", "x", "-1", ""]) assert.equal(find(name), -ENOENT, name);
  assert.ok(find("ptmx") > 0);
});

test("a slave's node: device, mode, owner; the type stays", () => {
  const { pts, find, attributes } = create([3]);
  const node = find("3");
  assert.equal(pts.attribute(1, node, NODE.device), 136 * 256 + 3);
  pts.setAttribute(1, node, NODE.mode, 0o600);
  assert.equal(pts.attribute(1, node, NODE.mode), 0o20600);
  pts.setAttribute(1, node, NODE.userId, 1000);
  assert.equal(attributes.get(NODE.userId), 1000);
  assert.equal(pts.create(), -EPERM);
  assert.equal(pts.unlink(), -EPERM);
});

test("opening a slave is the terminal service's", () => {
  const { pts, find, opened } = create([3]);
  pts.open(1, find("3"), O_RDWR);
  assert.deepEqual(opened, [64 + 3]);
});
