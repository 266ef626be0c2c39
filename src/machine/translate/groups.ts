/**
 * Accesses by the same base register: fields of a structure, a stack frame. Where those of a block
 * lie in one page, its translation is looked up once for all; and for those of blocks behind it
 * that nothing else leads to. A single one is a group too.
 */

import { accesses } from "../interpret/handler-kind.js";
import type { Access } from "../isa/emitter.js";
import { ACCESS_WRITE } from "../platform.js";
import { type Block, type Step, stepOf } from "./region.js";

/** What an access shares with others. */
export interface Group {
  /** The base. */
  readonly register: number;
  /** Of the accesses: least immediate, and the greatest one's last byte. */
  least: number;
  last: number;
  hasStore: boolean;
  count: number;
  /** It reads the table of a jump: always the same few lines of memory. */
  isTable: boolean;
  /** One of a block before, by the same value, that has all that this one has. */
  within: Group | undefined;
}

/** The groups of a block. */
export interface BlockGroups {
  /** By the place of a step in the block; those that are not atomic. */
  readonly byStep: ReadonlyMap<number, Group>;
  /** By base register: those by what it is when the block begins, and when it ends. */
  readonly atStart: ReadonlyMap<number, Group>;
  readonly atEnd: ReadonlyMap<number, Group>;
  /** Bits of the integer registers that the block writes. */
  readonly writes: number;
}

/** Wider groups would often lie in two pages. */
const SPAN_BYTES_MAX = 1024;

const loads: Readonly<Record<string, Access>> = Object.freeze({
  ...{ lb: "b", lbu: "bu", lh: "h", lhu: "hu", lw: "w", lwu: "wu", ld: "d", flw: "w", fld: "d" },
});
const stores: Readonly<Record<string, Access>> = Object.freeze({
  ...{ sb: "b", sh: "h", sw: "w", sd: "d", fsw: "w", fsd: "d" },
});

/** An access that is in no group: an atomic one, whose address is the base. */
export function lone({ operands }: Step, access: number): Group {
  const hasStore = access === ACCESS_WRITE;
  return {
    register: operands.rs1,
    least: 0,
    last: 0,
    hasStore,
    count: 1,
    isTable: false,
    within: undefined,
  };
}

/** What a load or store that is not atomic moves; undefined: the instruction is none. */
export function extentOf({ row }: Step): { sizeBytes: number; isStore: boolean } | undefined {
  const { name } = row;
  const access = loads[name] ?? stores[name];
  return access && { sizeBytes: accesses[access].sizeBytes, isStore: name in stores };
}

/**
 * @param blocks of a region
 * @param successors of each, by place in `blocks`
 * @returns by place in `blocks`
 */
export function groupAccesses(
  blocks: readonly Block[],
  successors: readonly (readonly number[])[],
): readonly BlockGroups[] {
  const groups = blocks.map(groupsOfBlock);
  const predecessors = blocks.map(() => 0);
  for (const next of successors.flat()) predecessors[next] = (predecessors[next] ?? 0) + 1;
  const seen = new Set<number>();
  const pending = [...blocks.keys()]
    .filter((place) => predecessors[place] !== 1)
    .map((place) => ({ place, open: new Map<number, Group>() as ReadonlyMap<number, Group> }));
  for (let one = pending.pop(); one !== undefined; one = pending.pop()) {
    const { place, open } = one;
    const block = groups[place];
    if (block === undefined || seen.has(place)) continue;
    seen.add(place);
    for (const [register, group] of block.atStart) enterGroup(open.get(register), group);
    if (!goesOn(blocks[place] as Block)) continue;
    const kept = [...open].filter(([register]) => ((block.writes >>> register) & 1) === 0);
    const behind = new Map([...kept, ...block.atEnd]);
    for (const next of successors[place] ?? []) {
      if (predecessors[next] === 1) pending.push({ place: next, open: behind });
    }
  }
  return groups;
}

/** Whether what was looked up in a block holds behind it: nothing is called. */
export function goesOn({ ending }: Block): boolean {
  return ending.kind === "branch" || ending.kind === "jump" || ending.kind === "fall";
}

function groupsOfBlock({ steps, ending }: Block): BlockGroups {
  const byStep = new Map<number, Group>();
  /** By base register. */
  const open = new Map<number, Group>();
  const atStart = new Map<number, Group>();
  let writes = 0;
  for (const [index, step] of steps.entries()) {
    const group = joinGroup(open, step);
    if (group !== undefined) {
      byStep.set(index, group);
      const { register } = group;
      if (((writes >>> register) & 1) === 0 && !atStart.has(register)) atStart.set(register, group);
    }
    writes |= step.writes.x;
    if (step.writes.x !== 0) open.delete(step.operands.rd);
  }
  const table = ending.kind === "jumpRegister" ? [...byStep.values()].at(-1) : undefined;
  if (table !== undefined && !table.hasStore) table.isTable = true;
  const last = stepOf(ending);
  if (last !== undefined && last.writes.x !== 0) {
    writes |= last.writes.x;
    open.delete(last.operands.rd);
  }
  return { byStep, atStart, atEnd: open, writes };
}

/** Makes one within another, which grows, and so do those that it is within. */
function enterGroup(outer: Group | undefined, group: Group): void {
  if (outer === undefined || group.isTable || (group.hasStore && !outer.hasStore)) return;
  let widest = outer;
  while (widest.within !== undefined) widest = widest.within;
  const spanBytes = Math.max(widest.last, group.last) - Math.min(widest.least, group.least);
  if (spanBytes >= SPAN_BYTES_MAX) return;
  for (let one: Group | undefined = outer; one !== undefined; one = one.within) {
    one.least = Math.min(one.least, group.least);
    one.last = Math.max(one.last, group.last);
    one.count += group.count;
  }
  group.within = outer;
}

function joinGroup(open: Map<number, Group>, step: Step): Group | undefined {
  const extent = extentOf(step);
  if (extent === undefined) return undefined;
  const { rs1, imm } = step.operands;
  const last = imm + extent.sizeBytes - 1;
  const hasStore = extent.isStore;
  const known = open.get(rs1);
  if (known !== undefined) {
    const least = Math.min(known.least, imm);
    const end = Math.max(known.last, last);
    if (end - least < SPAN_BYTES_MAX) {
      known.least = least;
      known.last = end;
      known.hasStore ||= hasStore;
      known.count++;
      return known;
    }
  }
  const group: Group = {
    ...{ register: rs1, least: imm, last, hasStore, count: 1 },
    ...{ isTable: false, within: undefined },
  };
  open.set(rs1, group);
  return group;
}
