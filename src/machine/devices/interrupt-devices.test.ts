/** CLINT, PLIC and the bus, driven through their registers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as map from "../../abi/board.js";
import { type BusDevice, createBus } from "../bus.js";
import { Clint } from "./clint.js";
import { Plic } from "./plic.js";

const SUPERVISOR_CLAIM = map.PLIC_CLAIM + map.PLIC_CONTEXT_STRIDE * map.PLIC_CONTEXT_SUPERVISOR;
const SUPERVISOR_THRESHOLD = SUPERVISOR_CLAIM - 4;
const SUPERVISOR_ENABLE = map.PLIC_ENABLE + map.PLIC_ENABLE_STRIDE * map.PLIC_CONTEXT_SUPERVISOR;

function plicWith(enabled: Record<number, number>): Plic {
  const plic = new Plic();
  for (const [source, priority] of Object.entries(enabled)) {
    plic.store(4 * Number(source), 4, priority);
    const word = SUPERVISOR_ENABLE + 4 * (Number(source) >> 5);
    plic.store(word, 4, plic.load(word, 4) | (1 << (Number(source) & 31)));
  }
  return plic;
}

test("mtime follows the host, and mtimecmp raises the timer interrupt", () => {
  let ticks = 2 ** 32 + 5;
  const clint = new Clint({ timeTicks: () => ticks });
  assert.equal(clint.load(map.CLINT_MTIME_LOW, 4), 5);
  assert.equal(clint.load(map.CLINT_MTIME_HIGH, 4), 1);
  assert.equal(clint.timerInterruptPending, false);
  assert.equal(clint.ticksUntilTimer, Infinity);
  clint.store(map.CLINT_MTIMECMP_LOW, 4, 7);
  clint.store(map.CLINT_MTIMECMP_HIGH, 4, 1);
  assert.equal(clint.ticksUntilTimer, 2);
  ticks += 2;
  assert.equal(clint.timerInterruptPending, true);
  clint.store(map.CLINT_MTIMECMP_HIGH, 4, 2);
  assert.equal(clint.timerInterruptPending, false);
});

test("a written mtime counts on from there, with carry over 32 bits", () => {
  let ticks = 1000;
  const clint = new Clint({ timeTicks: () => ticks });
  clint.store(map.CLINT_MTIME_HIGH, 4, 0);
  clint.store(map.CLINT_MTIME_LOW, 4, 0xffff_ffff);
  assert.equal(clint.load(map.CLINT_MTIME_LOW, 4), 0xffff_ffff);
  assert.equal(clint.load(map.CLINT_MTIME_HIGH, 4), 0);
  ticks += 1;
  assert.equal(clint.load(map.CLINT_MTIME_LOW, 4), 0);
  assert.equal(clint.load(map.CLINT_MTIME_HIGH, 4), 1);
  clint.store(map.CLINT_MTIME_HIGH, 4, 0);
  clint.store(map.CLINT_MTIME_LOW, 4, 3);
  assert.equal(clint.load(map.CLINT_MTIME_LOW, 4), 3);
  assert.equal(clint.load(map.CLINT_MTIME_HIGH, 4), 0);
});

test("msip has one bit, other harts' words are zero, and only words are answered", () => {
  const clint = new Clint({ timeTicks: () => 0 });
  clint.store(map.CLINT_MSIP, 4, 0xffff_ffff);
  assert.equal(clint.load(map.CLINT_MSIP, 4), 1);
  assert.equal(clint.softwareInterruptPending, true);
  clint.store(4, 4, 1);
  assert.equal(clint.load(4, 4), 0);
  assert.equal(clint.load(map.CLINT_MSIP, 1), -1);
  assert.equal(clint.store(map.CLINT_MTIMECMP_LOW, 2, 0), -1);
});

test("the source of the highest priority is claimed first, the lowest of equals", () => {
  const plic = plicWith({ 3: 1, 10: 5, 40: 5 });
  for (const source of [3, 10, 40]) {
    plic.setLevel(source, true);
    plic.setLevel(source, false);
  }
  assert.equal(plic.interruptPending, true);
  assert.equal(plic.load(map.PLIC_PENDING, 4), (1 << 3) | (1 << 10));
  assert.equal(plic.load(map.PLIC_PENDING + 4, 4), 1 << 8);
  const claims = [1, 2, 3, 4].map(() => plic.load(SUPERVISOR_CLAIM, 4));
  assert.deepEqual(claims, [10, 40, 3, 0]);
  assert.equal(plic.interruptPending, false);
});

test("a level that stays asserted is pending again only after completion", () => {
  const plic = plicWith({ 10: 1 });
  plic.setLevel(10, true);
  assert.equal(plic.load(SUPERVISOR_CLAIM, 4), 10);
  plic.setLevel(10, true);
  assert.equal(plic.interruptPending, false);
  plic.store(SUPERVISOR_CLAIM, 4, 10);
  assert.equal(plic.interruptPending, true);
  assert.equal(plic.load(SUPERVISOR_CLAIM, 4), 10);
  plic.setLevel(10, false);
  plic.store(SUPERVISOR_CLAIM, 4, 10);
  assert.equal(plic.interruptPending, false);
});

test("completion of a source that is not enabled for the context is ignored", () => {
  const plic = plicWith({ 10: 1 });
  plic.setLevel(10, true);
  assert.equal(plic.load(SUPERVISOR_CLAIM, 4), 10);
  plic.store(map.PLIC_CLAIM, 4, 10);
  plic.store(SUPERVISOR_CLAIM, 4, 0xffff_ffff);
  assert.equal(plic.interruptPending, false);
  plic.store(SUPERVISOR_CLAIM, 4, 10);
  assert.equal(plic.interruptPending, true);
});

test("threshold hides from the hart but not from the claim; priority 0 never interrupts", () => {
  const plic = plicWith({ 10: 2, 11: 0 });
  plic.store(SUPERVISOR_THRESHOLD, 4, 2);
  plic.setLevel(10, true);
  plic.setLevel(11, true);
  assert.equal(plic.asserted(map.PLIC_CONTEXT_SUPERVISOR), false);
  plic.store(SUPERVISOR_THRESHOLD, 4, 1);
  assert.equal(plic.asserted(map.PLIC_CONTEXT_SUPERVISOR), true);
  assert.equal(plic.asserted(map.PLIC_CONTEXT_MACHINE), false);
  plic.store(SUPERVISOR_THRESHOLD, 4, 7);
  assert.equal(plic.load(SUPERVISOR_CLAIM, 4), 10);
  assert.equal(plic.load(SUPERVISOR_CLAIM, 4), 0);
});

test("source 0 and reserved registers of the PLIC hold nothing", () => {
  const plic = new Plic();
  for (const offset of [0, 4 * map.PLIC_SOURCES, map.PLIC_PENDING, map.PLIC_ENABLE + 0x100]) {
    plic.store(offset, 4, 7);
    assert.equal(plic.load(offset, 4), 0, `offset ${offset}`);
  }
  plic.store(SUPERVISOR_ENABLE, 4, 1);
  assert.equal(plic.load(SUPERVISOR_ENABLE, 4), 0);
  plic.store(4, 4, 0xff);
  assert.equal(plic.load(4, 4), map.PLIC_PRIORITY_MAX);
  assert.equal(plic.load(4, 1), -1);
});

test("the bus dispatches by range and refuses what no register answers", () => {
  const stores: number[][] = [];
  const device: BusDevice = {
    state: {},
    load: (offset) => offset,
    store: (offset, sizeBytes, value) => stores.push([offset, sizeBytes, value]) * 0,
  };
  const range = { name: "test", base: 0x1000, lengthBytes: 8, interrupt: 0, device };
  const bus = createBus({ devices: [range], interruptPending: () => true });
  assert.equal(bus.load(0x1004, 4), 4);
  assert.equal(bus.interruptPending, true);
  const refused: [number, number][] = [
    [0xffc, 4],
    [0x1008, 1],
    [0x1006, 4],
    [0x1002, 4],
    [0x1000, 8],
    [0x1000, 0],
    [-4, 4],
    [Number.NaN, 4],
  ];
  for (const [address, size] of refused) {
    assert.equal(bus.load(address, size as 4), -1, `load ${address} ${size}`);
    assert.equal(bus.store(address, size as 4, 0), -1, `store ${address} ${size}`);
  }
  assert.equal(bus.store(0x1000, 4, -1), 0);
  assert.equal(bus.store(0x1002, 2, 0x12345), 0);
  assert.equal(bus.store(0x1003, 1, 0x1ff), 0);
  assert.deepEqual(stores, [
    [0, 4, 0xffff_ffff],
    [2, 2, 0x2345],
    [3, 1, 0xff],
  ]);
  assert.throws(() =>
    createBus({ devices: [range, { ...range, base: 0x1004 }], interruptPending: () => false }),
  );
});
