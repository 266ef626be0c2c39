/**
 * CSR instructions within a region: the floating-point flags and rounding mode, which are bits of
 * the fcsr word, and the counts that a program may read. The others are the interpreter's.
 */

import { context } from "../interpret/layout.js";
import { CONTEXT } from "../interpret/runtime.js";
import { csrs } from "../isa/csr.js";
import type { CsrOperation, Emit } from "../isa/emitter.js";
import type { Instruction, Operands } from "../isa/instruction.js";
import type { CodeBuilder } from "../wasm/code.js";

/** Write always writes; set and clear do if they name a register, or a constant, but 0. */
function writes(operation: CsrOperation, operands: Operands): boolean {
  return operation === "write" || operands.rs1 !== 0;
}

const operationOf = (row: Instruction): CsrOperation =>
  row.name.startsWith("csrrw") ? "write" : row.name.startsWith("csrrs") ? "set" : "clear";

/** Whether a row of Zicsr is done within a region. */
export function isRegionCsr(row: Instruction, operands: Operands): boolean {
  const csr = csrs.find(({ address }) => address === operands.imm);
  if (csr === undefined) return false;
  if (csr.place === "fcsr") return true;
  const isUserCount = csr.address >= 0xc00 && csr.address < 0xc03;
  return isUserCount && !writes(operationOf(row), operands);
}

/** What a CSR instruction needs of the region around it. */
export interface CsrRegion {
  readonly code: CodeBuilder;
  /** Pushes the operand: x[rs1] or the constant. */
  pushOperand(): void;
  writeX(value: Emit): void;
  /** Takes an i32 context and pushes the value of a count. */
  pushCount(address: number): void;
}

/** @returns whether fcsr was written */
export function writeCsr(region: CsrRegion, operation: CsrOperation, operands: Operands): boolean {
  const { code } = region;
  const csr = csrs.find(({ address }) => address === operands.imm);
  if (csr === undefined) throw new Error(`CSR ${operands.imm} is not a region's`);
  if (csr.place !== "fcsr") {
    region.writeX(() => region.pushCount(csr.address));
    return false;
  }
  const [position, mask] = [csr.position ?? 0, csr.mask[0]];
  const [control, value] = [code.local("i32"), code.local("i32")];
  code.localGet(CONTEXT).i32Load(context.fcsr).localSet(control);
  if (writes(operation, operands)) {
    region.pushOperand();
    code.i32WrapI64().i32Const(mask).i32And().i32Const(position).i32Shl().localSet(value);
    code.localGet(CONTEXT).localGet(control);
    if (operation === "write") code.i32Const(~(mask << position)).i32And();
    if (operation === "clear") code.localGet(value).i32Const(-1).i32Xor().i32And();
    else code.localGet(value).i32Or();
    code.i32Store(context.fcsr);
  }
  region.writeX(() => {
    code.localGet(control).i32Const(position).i32ShrU().i32Const(mask).i32And();
    code.i64ExtendI32U();
  });
  code.release(control, value);
  return writes(operation, operands);
}
