/**
 * Access to CSRs as three functions emitted from the CSR table: may this access be made, read,
 * write. Each is a chain of comparisons with the addresses, the user's own ones first.
 */

import { type Csr, csrSlots, csrs } from "../isa/csr.js";
import type { CodeBuilder } from "../wasm/code.js";
import type { ModuleBuilder } from "../wasm/module.js";
import { context, state } from "./layout.js";
import type { Runtime } from "./runtime.js";

const CONTEXT = 0;

/** @returns function numbers; their parameters are at emitCheck, emitRead and emitWrite */
export function addCsrFunctions(
  module: ModuleBuilder,
  runtime: Runtime,
): { check: number; read: number; write: number } {
  const check = module.addFunction(
    { parameters: ["i32", "i32", "i32"], results: ["i32"] },
    emitCheck,
    "csrCheck",
  );
  const read = module.addFunction(
    { parameters: ["i32", "i32", "i32"], results: ["i64"] },
    (code) => emitRead(code, runtime.timeTicks),
    "csrRead",
  );
  const write = module.addFunction(
    { parameters: ["i32", "i32", "i64"], results: [] },
    emitWrite,
    "csrWrite",
  );
  return { check, read, write };
}

/** (context, address, writes) -> 1 if the CSR exists and the access is allowed. */
function emitCheck(code: CodeBuilder): void {
  const [address, writes] = [1, 2];
  const isMissing = code.block();
  const isThere = code.block();
  for (const csr of csrs) {
    code.localGet(address).i32Const(csr.address).i32Eq().brIf(isThere);
  }
  code.br(isMissing).end();
  code.localGet(address).i32Const(8).i32ShrU().i32Const(3).i32And();
  code.localGet(CONTEXT).i32Load(context.privilege).i32GtU().brIf(isMissing);
  code.localGet(address).i32Const(0xc00).i32And().i32Const(0xc00).i32Eq();
  code.localGet(writes).i32Const(0).i32Ne().i32And().i32Eqz().return();
  code.end().i32Const(0);
}

/** (context, instructions left, address) -> value. */
function emitRead(code: CodeBuilder, timeTicks: number): void {
  const [remaining, address] = [1, 2];
  for (const csr of csrs) {
    code.localGet(address).i32Const(csr.address).i32Eq().if();
    if (csr.place === "instructions") {
      code.i32Const(0).i64Load(state.retired);
      code.i32Const(0).i32Load(state.budget).localGet(remaining).i32Sub();
      code.i64ExtendI32U().i64Add();
    } else if (csr.place === "time") {
      code.localGet(remaining).call(timeTicks).i64TruncSatF64U();
    } else if (csr.place === "constant") {
      const [low, high] = csr.value ?? [0, 0];
      code.i64ConstWords(low, high);
    } else {
      pushHolder(code, csr);
      if (csr.place === "view") code.i64ConstWords(csr.mask[0], csr.mask[1]).i64And();
    }
    code.return().end();
  }
  code.i64Const(0);
}

/** (context, address, value): bits outside the CSR's mask keep their value. */
function emitWrite(code: CodeBuilder): void {
  const [address, value] = [1, 2];
  for (const csr of csrs) {
    const [low, high] = csr.mask;
    if (low === 0 && high === 0) continue;
    code.localGet(address).i32Const(csr.address).i32Eq().if();
    if (csr.place === "fcsr") {
      const position = csr.position ?? 0;
      code.localGet(CONTEXT).localGet(CONTEXT).i32Load(context.fcsr);
      code.i32Const(~(low << position)).i32And();
      code.localGet(value).i32WrapI64().i32Const(low).i32And().i32Const(position).i32Shl();
      code.i32Or().i32Store(context.fcsr);
    } else {
      code.localGet(CONTEXT);
      pushHolder(code, csr);
      code.i64ConstWords(~low, ~high).i64And();
      code.localGet(value).i64ConstWords(low, high).i64And().i64Or();
      code.i64Store(slotOffset(csr.of ?? csr.name));
    }
    code.return().end();
  }
}

/** Pushes all bits of where the CSR is. */
function pushHolder(code: CodeBuilder, csr: Csr): void {
  if (csr.place === "fcsr") {
    code.localGet(CONTEXT).i64Load32U(context.fcsr);
    code
      .i64Const(csr.position ?? 0)
      .i64ShrU()
      .i64Const(csr.mask[0])
      .i64And();
  } else {
    code.localGet(CONTEXT).i64Load(slotOffset(csr.of ?? csr.name));
  }
}

/** Byte offset of a CSR's slot in the context. */
export function slotOffset(name: string): number {
  return context.csr + csrSlots.indexOf(name) * 8;
}
