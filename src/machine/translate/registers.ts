/** The guest's registers as locals of a region's function, loaded from the context and put back. */

import { context } from "../interpret/layout.js";
import { REGION } from "../interpret/regions.js";
import type { CodeBuilder } from "../wasm/code.js";
import { type Block, stepOf } from "./region.js";
import { NO_REGISTERS, numbersOf, type RegisterSet, union } from "./register-set.js";

export class Registers {
  /** i64 local by register number. */
  readonly x: ReadonlyMap<number, number>;
  /** f64 local by register number. */
  readonly f: ReadonlyMap<number, number>;

  /** Makes locals for what the blocks use. */
  constructor(
    private readonly code: CodeBuilder,
    blocks: readonly Block[],
  ) {
    const used = registersInUse(blocks);
    const locals = (bits: number, type: "i64" | "f64") =>
      new Map(numbersOf(bits).map((register) => [register, code.local(type)] as const));
    this.x = locals(used.x, "i64");
    this.f = locals(used.f, "f64");
  }

  /** From the context into the locals. */
  load(registers: RegisterSet): void {
    const { code } = this;
    for (const register of numbersOf(registers.x)) {
      code.localGet(REGION.context).i64Load(context.x + register * 8);
      code.localSet(this.x.get(register) ?? 0);
    }
    for (const register of numbersOf(registers.f)) {
      code.localGet(REGION.context).f64Load(context.f + register * 8);
      code.localSet(this.f.get(register) ?? 0);
    }
  }

  /** From the locals into the context. */
  putBack(registers: RegisterSet): void {
    const { code } = this;
    for (const register of numbersOf(registers.x)) {
      code.localGet(REGION.context).localGet(this.x.get(register) ?? 0);
      code.i64Store(context.x + register * 8);
    }
    for (const register of numbersOf(registers.f)) {
      code.localGet(REGION.context).localGet(this.f.get(register) ?? 0);
      code.f64Store(context.f + register * 8);
    }
  }
}

function registersInUse(blocks: readonly Block[]): RegisterSet {
  let used: RegisterSet = NO_REGISTERS;
  for (const { steps, ending } of blocks) {
    const last = stepOf(ending);
    for (const step of last === undefined ? steps : [...steps, last]) {
      used = union(used, union(step.reads, step.writes));
    }
  }
  return used;
}
