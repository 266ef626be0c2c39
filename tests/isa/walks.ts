/**
 * Random programs whose loops walk through memory by strides, for strides.test.ts: setups of base
 * registers, loops of all shapes around accesses by them, branches within those, blocks in a row
 * that access by the same base, calls of functions with such loops. They run forever: what ends
 * them is the budget.
 */

import { encode, toBytes } from "../../src/machine/isa/encode.js";
import type { Operands } from "../../src/machine/isa/instruction.js";
import { PAGE_BYTES } from "../../src/machine/platform.js";
import type { Random } from "./random.js";

/** Pages that the programs walk through, one behind the other. */
export const WALK = 0x20000;
export const WALK_PAGES = 12;
/** Of those, the ones with the program. */
export const CODE_PAGE = 5;
export const CODE_PAGES = 2;
export const WALK_CODE = WALK + CODE_PAGE * PAGE_BYTES;
/** Registers with what the harness sets: an instruction that may be stored, counts outer turns. */
export const WORD_REGISTER = 21;
const OUTER = 18;
const BASES: readonly number[] = [8, 9, 10, 11];
const COPIES: readonly number[] = [12, 13];
const COUNT = 14;
const END = 15;
const TEMPORARIES: readonly number[] = [5, 6, 7, 28, 29, 30];
/** Changed by nothing but what is meant to be seen. */
const SUM = 16;
const PLACE = 17;
const CHANGED = 20;
const NESTED = 22;

const LOADS: readonly string[] = "lb lh lw ld lbu lhu lwu flw fld".split(" ");
const STORES: readonly string[] = "sb sh sw sd fsw fsd".split(" ");
const STRIDES: readonly number[] = [
  ...[1, 2, 4, 8, -1, -2, -4, -8, 1, 4, 8, 8, -8, 0, 0],
  ...[3, 7, 16, 24, 48, 64, -16, -24, -64, 100, 256, -256, 512, -512, 1000],
  ...[1023, 1024, -1024, 1025, -1025, 2047, -2048],
];
const BRANCHES: readonly string[] = ["bne", "blt", "bltu", "bge", "bgeu", "beq"];

interface Line {
  readonly name: string;
  readonly operands: Partial<Operands>;
  /** Where a jump goes: a place in the list of labels. */
  readonly label?: number;
}

export interface WalkProgram {
  readonly bytes: Uint8Array;
  /** Offsets where its loops begin, and where their setups do. */
  readonly heads: readonly number[];
  readonly setups: readonly number[];
}

/** @param storesCode whether instructions are stored on purpose */
export function randomWalks(random: Random, storesCode: boolean): WalkProgram {
  for (;;) {
    const program = new WalkWriter(random, storesCode).write();
    if (program.bytes.length <= CODE_PAGES * PAGE_BYTES - 4) return program;
  }
}

class WalkWriter {
  private readonly lines: (Line | { readonly mark: number })[] = [];
  private labelCount = 0;
  private readonly heads: number[] = [];
  private readonly setups: number[] = [];
  private bases: readonly number[] = [];
  /** Of the loop that is being written: what a turn adds to bases, and has added. */
  private strides: ReadonlyMap<number, number> = new Map();
  private readonly moved = new Map<number, number>();

  constructor(
    private readonly random: Random,
    private readonly storesCode: boolean,
  ) {}

  write(): WalkProgram {
    const { random } = this;
    if (random.chance(30)) this.add("c.nop", {});
    const start = this.mark();
    const functions = random.chance(40) ? [this.label(), this.label()] : [];
    this.add("addi", { rd: OUTER, rs1: OUTER, imm: 1 });
    const count = random.between(1, 4);
    for (let unit = 0; unit < count; unit++) {
      if (functions.length > 0 && random.chance(50)) this.calls(random.pick(functions));
      else if (random.chance(25)) this.row(start);
      else this.unit(start);
    }
    this.jump(start);
    for (const one of functions) {
      this.place(one);
      this.loop(start, true);
      this.add("jalr", { rd: 0, rs1: 1, imm: 0 });
    }
    return this.assemble();
  }

  // Units

  private unit(start: number): void {
    const { random } = this;
    const isNested = random.chance(35);
    const outer = this.setup();
    if (isNested) {
      this.add("addi", { rd: NESTED, rs1: 0, imm: random.between(2, 12) });
      const again = this.mark();
      if (random.chance(30)) this.setBase(random.pick(this.bases));
      this.loop(random.chance(50) ? again : start, false);
      this.add("addi", { rd: NESTED, rs1: NESTED, imm: -1 });
      this.add("bne", { rs1: NESTED, rs2: 0 }, again);
    } else this.loop(random.chance(50) ? outer : start, false);
  }

  /** Blocks in a row that access by the same bases, many times over. */
  private row(start: number): void {
    const { random } = this;
    this.setup();
    this.bases = this.bases.slice(0, 2);
    this.strides = new Map();
    this.add("addi", { rd: NESTED, rs1: 0, imm: random.between(10, 90) });
    const [again, behind] = [this.mark(), this.label()];
    this.heads.push(again);
    for (let item = random.between(3, 8); item > 0; item--) {
      const kind = random.below(12);
      if (kind < 4) this.accessBy(random.pick(this.bases), random.below(10) * 8);
      else if (kind < 7) this.diamond(2);
      else if (kind === 7) this.exit(random.chance(70) ? behind : start);
      else if (kind === 8) this.add("addi", { rd: 8, rs1: 8, imm: random.between(-24, 40) });
      else if (kind === 9) this.other();
      else this.accessBy(random.pick(this.bases), this.immediate());
    }
    this.add("addi", { rd: NESTED, rs1: NESTED, imm: -1 });
    this.add("bne", { rs1: NESTED, rs2: 0 }, again);
    this.place(behind);
  }

  /** A loop that calls a function with such a loop in it. */
  private calls(target: number): void {
    this.setup();
    this.add("addi", { rd: NESTED, rs1: 0, imm: this.random.between(2, 9) });
    const again = this.mark();
    this.heads.push(again);
    this.access(this.random.pick(this.bases));
    this.add("jal", { rd: 1 }, target);
    this.add("addi", { rd: NESTED, rs1: NESTED, imm: -1 });
    this.add("bne", { rs1: NESTED, rs2: 0 }, again);
  }

  /** Sets the bases. @returns the label before it */
  private setup(): number {
    const { random } = this;
    const label = this.mark();
    this.setups.push(label);
    this.bases = BASES.slice(0, random.between(1, 4));
    for (const base of this.bases) this.setBase(base);
    if (this.bases.length > 1 && random.chance(25)) {
      const [first = 8, second = 9] = this.bases;
      const apart = random.chance(50) ? 0 : random.between(-64, 64);
      this.add("addi", { rd: second, rs1: first, imm: apart });
    }
    return label;
  }

  private setBase(base: number): void {
    const { random } = this;
    const page = WALK + random.below(WALK_PAGES) * PAGE_BYTES;
    const kind = random.below(4);
    let offset = random.below(PAGE_BYTES);
    if (kind < 2) offset = kind === 0 ? random.below(32) : PAGE_BYTES - random.between(1, 400);
    if (random.chance(60)) offset &= -8;
    this.address(base, page + offset);
    if (!random.chance(50)) return;
    // Elsewhere at each turn of the program.
    this.add("slli", { rd: PLACE, rs1: OUTER, imm: random.between(2, 9) });
    this.add("andi", { rd: PLACE, rs1: PLACE, imm: random.pick([0x7f8, 0x7ff]) });
    this.add("add", { rd: base, rs1: base, rs2: PLACE });
  }

  private address(register: number, value: number): void {
    const low = (value << 20) >> 20;
    this.add("lui", { rd: register, imm: value - low });
    this.add("addi", { rd: register, rs1: register, imm: low });
  }

  // Loops

  /** @param around label that the loop may be left to, backwards */
  private loop(around: number, isFunction: boolean): void {
    const { random } = this;
    if (this.bases.length === 0) this.bases = BASES.slice(0, 2);
    if (isFunction && random.chance(70)) this.setBase(random.pick(this.bases));
    const strides = new Map(this.bases.map((base) => [base, random.pick(STRIDES)] as const));
    const ending = random.below(6);
    const [walker = 8] = this.bases;
    this.add("addi", { rd: COUNT, rs1: 0, imm: random.pick([1, 3, 5, 20, 100, 400, 1500]) });
    this.add("addi", { rd: END, rs1: walker, imm: (strides.get(walker) ?? 0) >= 0 ? 2040 : -2040 });
    const [midst, behind] = [this.label(), this.label()];
    if (random.chance(25)) this.jump(midst);
    const head = this.mark();
    this.heads.push(head);
    const isHeadTested = random.chance(30);
    if (isHeadTested) this.add("beq", { rs1: COUNT, rs2: 0 }, behind);
    const items: (() => void)[] = [];
    for (let index = random.between(1, 6); index > 0; index--) items.push(this.access.bind(this));
    const steps = [...strides].map(([base, stride]) => [base, this.partsOf(stride)] as const);
    for (const [base, parts] of steps) {
      for (const part of parts) items.push(() => this.move(base, part));
    }
    this.strides = new Map(steps.map(([base, parts]) => [base, parts.reduce((a, b) => a + b, 0)]));
    this.moved.clear();
    for (let index = random.below(3); index > 0; index--) items.push(() => this.other());
    if (random.chance(40)) items.push(() => this.exit(random.chance(70) ? behind : around));
    if (random.chance(15)) items.push(() => this.exit(behind));
    if (random.chance(25)) items.push(() => this.rename());
    const diamonds = random.chance(50) ? random.between(1, 3) : 0;
    for (let index = diamonds; index > 0; index--) items.push(() => this.diamond(2, behind));
    for (let at = items.length - 1; at > 0; at--) {
      const other = random.below(at + 1);
      [items[at], items[other]] = [items[other] as () => void, items[at] as () => void];
    }
    const middle = random.below(items.length);
    for (const [index, item] of items.entries()) {
      if (index === middle) this.place(midst);
      item();
    }
    this.ending({ ending, head, behind, walker, stride: strides.get(walker) ?? 0, isHeadTested });
    this.place(behind);
  }

  private ending(loop: {
    readonly ending: number;
    readonly head: number;
    readonly behind: number;
    readonly walker: number;
    readonly stride: number;
    readonly isHeadTested: boolean;
  }): void {
    const { head, walker } = loop;
    this.add("addi", { rd: COUNT, rs1: COUNT, imm: -1 });
    if (loop.isHeadTested) this.jump(head);
    else if (loop.ending === 0) {
      // Also where it is never equal: the count ends it.
      this.add("beq", { rs1: COUNT, rs2: 0 }, loop.behind);
      this.add("bne", { rs1: walker, rs2: END }, head);
    } else if (loop.ending === 1 && loop.stride > 0) {
      this.add("bltu", { rs1: walker, rs2: END }, head);
    } else if (loop.ending === 2 && loop.stride < 0) {
      this.add("blt", { rs1: END, rs2: walker }, head);
    } else if (loop.ending === 3) {
      this.add("beq", { rs1: COUNT, rs2: 0 }, loop.behind);
      this.jump(head);
    } else if (loop.ending === 4) this.add("blt", { rs1: 0, rs2: COUNT }, head);
    else this.add("bne", { rs1: COUNT, rs2: 0 }, head);
  }

  /** Of what a turn adds to a base: one part or several. */
  private partsOf(stride: number): number[] {
    const { random } = this;
    if (stride === 0 && random.chance(60)) return [];
    if (random.chance(65)) return [stride];
    const part = random.between(-300, 300);
    const rest = Math.max(-2048, Math.min(2047, stride - part));
    return random.chance(70) ? [part, rest] : [part, rest, stride % 8];
  }

  /** Adds to a base, sometimes behind branches, on either side the same. */
  private move(base: number, by: number): void {
    const { random } = this;
    this.moved.set(base, (this.moved.get(base) ?? 0) + by);
    if (random.chance(85)) {
      this.add("addi", { rd: base, rs1: base, imm: by });
      return;
    }
    const part = random.chance(50) ? 0 : Math.max(-1000, Math.min(by, 1000)) >> 1;
    const [other, behind] = [this.label(), this.label()];
    this.branch(other);
    if (random.chance(50)) this.accessBy(base, this.immediate());
    if (part !== 0) this.add("addi", { rd: base, rs1: base, imm: part });
    if (random.chance(30)) this.accessBy(base, this.immediate());
    this.add("addi", { rd: base, rs1: base, imm: by - part });
    this.jump(behind);
    this.place(other);
    this.add("addi", { rd: base, rs1: base, imm: by });
    if (random.chance(50)) this.accessBy(base, this.immediate());
    this.place(behind);
  }

  /** A base becomes what another one is, which it may have been a copy of. */
  private rename(): void {
    const { random } = this;
    const [rd, rs1] = [random.pick([...this.bases, ...COPIES]), random.pick(this.bases)];
    const imm = random.chance(50) ? 0 : random.between(-64, 64);
    if (random.chance(60)) this.accessBy(random.pick(COPIES), 0);
    this.add("addi", { rd, rs1, imm });
  }

  private immediate(): number {
    const { random } = this;
    const kind = random.below(6);
    if (kind < 2) return 0;
    if (kind === 2) return random.between(-4, 4) * 8;
    if (kind === 3) return random.between(-40, 40);
    return kind === 4 ? random.between(-500, 500) : random.between(-2048, 2047);
  }

  private access(by?: number): void {
    const { random } = this;
    let rs1 = by ?? random.pick(this.bases);
    if (by === undefined && random.chance(15)) {
      const copy = random.pick(COPIES);
      if (random.chance(70)) this.add("add", { rd: copy, rs1: 0, rs2: rs1 });
      else this.add("addi", { rd: copy, rs1, imm: random.between(-64, 64) });
      if (random.chance(30)) this.add("addi", { rd: copy, rs1: copy, imm: random.between(-9, 9) });
      rs1 = copy;
    }
    this.accessBy(rs1, this.immediate());
  }

  private accessBy(rs1: number, imm: number): void {
    const { random } = this;
    if (random.chance(55)) {
      const name = random.pick(LOADS);
      const isFloat = name.startsWith("f");
      const rd = isFloat ? random.below(4) : random.pick(TEMPORARIES);
      this.add(name, { rd, rs1, imm });
      if (!isFloat && random.chance(70)) this.add("add", { rd: SUM, rs1: SUM, rs2: rd });
      return;
    }
    if (this.storesCode && random.chance(50)) {
      this.add("sw", { rs1, rs2: WORD_REGISTER, imm: imm & -4 });
      return;
    }
    const name = random.pick(STORES);
    const sources = [...TEMPORARIES, SUM, COUNT, OUTER, rs1];
    this.add(name, {
      rs1,
      rs2: name.startsWith("f") ? random.below(4) : random.pick(sources),
      imm,
    });
  }

  /** What is neither an access by a base nor moves one on. */
  private other(): void {
    const { random } = this;
    const temporary = () => random.pick(TEMPORARIES);
    const [rd, rs1, rs2] = [temporary(), temporary(), temporary()];
    const kind = random.below(13);
    if (kind < 3) this.add(random.pick(["add", "sub", "xor", "mul", "addw"]), { rd, rs1, rs2 });
    else if (kind === 3) this.add("addi", { rd, rs1, imm: random.between(-2048, 2047) });
    else if (kind === 4) this.add("csrrs", { rd, rs1: 0, imm: 0xc00 + random.below(3) });
    else if (kind === 5) this.add("addi", { rd: CHANGED, rs1: CHANGED, imm: random.below(9) });
    else if (kind === 6) this.add("fadd.d", { rd: 1, rs1: 1, rs2: random.below(4), rm: 7 });
    else if (kind === 7) this.add("fcvt.s.d", { rd: 2, rs1: random.below(4), rm: 7 });
    else if (kind === 8) this.add("amoadd.w", { rd, rs1: this.aligned(rs1), rs2 });
    else if (kind === 9 && random.chance(30))
      this.add("ld", { rd: random.pick(this.bases), rs1: 8 });
    else if (kind === 12 && random.chance(30)) this.add("ecall", {});
    else if (kind < 11) this.accessBy(this.anywhere(rs1), random.between(-8, 8));
    else this.add("addi", { rd: random.pick(COPIES), rs1: random.pick(this.bases), imm: 0 });
  }

  /** An address that is computed, mostly in a few pages. @returns the register */
  private anywhere(from: number): number {
    const { random } = this;
    if (random.chance(50)) this.add("andi", { rd: PLACE, rs1: from, imm: 0x7f8 });
    else {
      this.add("slli", { rd: PLACE, rs1: COUNT, imm: random.between(3, 11) });
      this.add("slli", { rd: PLACE, rs1: PLACE, imm: 49 });
      this.add("srli", { rd: PLACE, rs1: PLACE, imm: 49 });
    }
    const page = WALK + random.below(WALK_PAGES - 7) * PAGE_BYTES;
    this.add("lui", { rd: 31, imm: page });
    this.add("add", { rd: PLACE, rs1: PLACE, rs2: 31 });
    return PLACE;
  }

  private aligned(from: number): number {
    const place = this.anywhere(from);
    this.add("andi", { rd: place, rs1: place, imm: -8 });
    return place;
  }

  /** A way out of the loop that is seldom gone. */
  private exit(label: number): void {
    const { random } = this;
    const rs1 = random.pick(TEMPORARIES);
    this.add("andi", { rd: PLACE, rs1, imm: random.pick([31, 127, 2047]) });
    const rs2 = random.chance(50) ? 0 : random.pick(TEMPORARIES);
    if (rs2 === 0) this.add("addi", { rd: PLACE, rs1: PLACE, imm: -random.below(30) });
    this.add(rs2 === 0 ? "beq" : random.pick(BRANCHES), { rs1: PLACE, rs2 }, label);
  }

  /** A branch that goes now one way, now the other. */
  private branch(label: number): void {
    const { random } = this;
    const rs1 = random.pick([SUM, COUNT, COUNT, ...TEMPORARIES]);
    this.add("andi", { rd: PLACE, rs1, imm: random.pick([1, 1, 2, 3, 4, 7, 64]) });
    this.add(random.pick(["bne", "beq"]), { rs1: PLACE, rs2: 0 }, label);
  }

  /**
   * Two ways that meet again.
   * @param depth of those within
   * @param behind the loop, if there is one
   */
  private diamond(depth: number, behind?: number): void {
    const { random } = this;
    const [other, end] = [this.label(), this.label()];
    const kind = random.below(4);
    this.branch(kind === 0 ? end : other);
    this.side(depth, behind);
    if (kind !== 0) {
      this.jump(end);
      this.place(other);
      this.side(depth, behind);
    }
    this.place(end);
  }

  private side(depth: number, behind?: number): void {
    const { random } = this;
    for (let item = random.between(0, 3); item > 0; item--) {
      const kind = random.below(16);
      if (kind < 9) this.accessBy(random.pick(this.bases), this.immediate());
      else if (kind < 11 && depth > 0) this.diamond(depth - 1, behind);
      else if (kind === 11) this.other();
      else if (kind === 12 && behind !== undefined) this.exit(behind);
      else if (kind === 13) {
        const base = random.pick(this.bases);
        this.add("addi", { rd: base, rs1: base, imm: random.pick([8, -8, 1, 64, -64, 512]) });
      } else if (kind === 14 && random.chance(50)) this.rename();
      else if (kind === 15 && this.strides.size > 0) this.goOn(behind);
    }
  }

  /** Back to where the loop begins; mostly a turn adds the same to bases as on other ways. */
  private goOn(behind?: number): void {
    const { random } = this;
    for (const [base, stride] of this.strides) {
      const rest = stride - (this.moved.get(base) ?? 0);
      if (rest === 0 || Math.abs(rest) > 2000 || random.chance(5)) continue;
      this.add("addi", { rd: base, rs1: base, imm: rest });
    }
    this.add("addi", { rd: COUNT, rs1: COUNT, imm: -1 });
    if (behind !== undefined) this.add("beq", { rs1: COUNT, rs2: 0 }, behind);
    this.jump(this.heads.at(-1) ?? 0);
  }

  // The assembler

  private add(name: string, operands: Partial<Operands>, label?: number): void {
    this.lines.push(label === undefined ? { name, operands } : { name, operands, label });
    if (this.random.chance(2)) this.lines.push({ name: "c.nop", operands: {} });
  }

  private jump(label: number): void {
    this.add("jal", { rd: 0 }, label);
  }

  private label(): number {
    return this.labelCount++;
  }

  private place(label: number): void {
    this.lines.push({ mark: label });
  }

  private mark(): number {
    const label = this.label();
    this.place(label);
    return label;
  }

  private assemble(): WalkProgram {
    const offsets: number[] = [];
    let at = 0;
    for (const line of this.lines) {
      if ("mark" in line) offsets[line.mark] = at;
      else at += line.name.startsWith("c.") ? 2 : 4;
    }
    const words: number[] = [];
    at = 0;
    for (const line of this.lines) {
      if ("mark" in line) continue;
      const { name, operands, label } = line;
      const imm = label === undefined ? operands.imm : (offsets[label] ?? 0) - at;
      words.push(encode(name, imm === undefined ? operands : { ...operands, imm }));
      at += name.startsWith("c.") ? 2 : 4;
    }
    const offsetsOf = (labels: readonly number[]) => labels.map((label) => offsets[label] ?? 0);
    return {
      bytes: toBytes(words),
      heads: offsetsOf(this.heads),
      setups: offsetsOf(this.setups),
    };
  }
}
