/**
 * Accesses of a block by the same base register: fields of a structure, a stack frame. Where all
 * of them lie in one page, its translation is looked up once for all. A single one is a group too.
 */

import { accesses } from "../interpret/handler-kind.js";
import type { Access } from "../isa/emitter.js";
import { ACCESS_WRITE } from "../platform.js";
import type { Block, Step } from "./region.js";

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
  return { register: operands.rs1, least: 0, last: 0, hasStore, count: 1, isTable: false };
}

/** What a load or store that is not atomic moves; undefined: the instruction is none. */
export function extentOf({ row }: Step): { sizeBytes: number; isStore: boolean } | undefined {
  const { name } = row;
  const access = loads[name] ?? stores[name];
  return access && { sizeBytes: accesses[access].sizeBytes, isStore: name in stores };
}

/** @returns by the place of a step in the block; those that are not atomic */
export function groupAccesses({ steps, ending }: Block): ReadonlyMap<number, Group> {
  const groups = new Map<number, Group>();
  /** By base register. */
  const open = new Map<number, Group>();
  for (const [index, step] of steps.entries()) {
    const group = joinGroup(open, step);
    if (group !== undefined) groups.set(index, group);
    if (step.writes.x !== 0) open.delete(step.operands.rd);
  }
  const table = ending.kind === "jumpRegister" ? [...groups.values()].at(-1) : undefined;
  if (table !== undefined && !table.hasStore) table.isTable = true;
  return groups;
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
  const group = { register: rs1, least: imm, last, hasStore, count: 1, isTable: false };
  open.set(rs1, group);
  return group;
}
