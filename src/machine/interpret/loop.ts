/**
 * The main loop: one function that reads the number of the next record's handler and branches to
 * its code by br_table. The common instructions are in the loop itself; it calls nothing, so that
 * everything stays in registers. The others, and the slow cases of these, are functions of their
 * own which the loop tail-calls and which tail-call the loop to go on.
 */

import type { CodeBuilder, Label } from "../wasm/code.js";
import { InterpreterEmitter } from "./emitter.js";
import type { Flow, Linkage } from "./handler-kind.js";
import { FIRST_INSTRUCTION, type HandlerRow, handlerRows } from "./handlers.js";
import { record } from "./layout.js";
import { type Pair, pairs } from "./pairs.js";
import {
  AREA,
  CONTEXT,
  emitFindRecord,
  handlerSignature,
  RECORD,
  REMAINING,
  type Runtime,
} from "./runtime.js";

/** How handlers that are functions go on. */
export function functionFlow(runtime: Runtime): Flow {
  return {
    dispatch(code) {
      code.localGet(CONTEXT).localGet(RECORD).localGet(REMAINING).localGet(AREA);
      code.returnCall(runtime.loop);
    },
    goTo(code, targetLocal) {
      code.localGet(CONTEXT).localGet(targetLocal).localGet(REMAINING).localGet(AREA);
      code.returnCall(runtime.jumpTo);
    },
  };
}

/** Instructions that are worth a place in the loop: those of integer programs. */
export function isInLoop(row: HandlerRow): boolean {
  const { extension, name } = row.instruction;
  if (name === "ecall" || name === "ebreak") return false;
  if (name === "fld" || name === "fsd") return true;
  return extension === "I" || (extension === "M" && name.startsWith("mul") && name.length <= 4);
}

/** @param slowHandlerOf the function that does an instruction the slow way */
export function emitLoop(
  code: CodeBuilder,
  link: Linkage,
  slowHandlerOf: (row: HandlerRow) => number,
): void {
  const target = code.local("i64");
  const loop = code.loop("i32");
  const goTo = code.block();
  const others = code.block();
  const inLoop = handlerRows.filter(isInLoop);
  const labels = new Map<HandlerRow | Pair, Label>();
  for (const row of [...inLoop, ...pairs].reverse()) labels.set(row, code.block());
  code.localGet(RECORD).i32Load16U(record.handler);
  const special: Label[] = Array.from({ length: FIRST_INSTRUCTION }, () => others);
  const numbered = [...handlerRows, ...pairs].map((row) => labels.get(row) ?? others);
  code.brTable([...special, ...numbered], others);
  const flow: Flow = {
    dispatch: () => code.br(loop),
    goTo: (_code, targetLocal) => code.localGet(targetLocal).localSet(target).br(goTo),
  };
  const emit = (row: HandlerRow, to: Flow): void => {
    const slowHandler = () => slowHandlerOf(row);
    const emitter = new InterpreterEmitter(code, link, { ...row.variant, slowHandler }, to);
    emitter.emitHandler(row.instruction.semantics ?? (() => {}));
  };
  for (const row of inLoop) {
    code.end();
    emit(row, flow);
  }
  for (const { first, second } of pairs) {
    code.end();
    // The first leaves RECORD at the second's record.
    emit(first, { ...flow, dispatch: () => undefined });
    emit(second, flow);
  }
  code.end();
  code.localGet(CONTEXT).localGet(RECORD).localGet(REMAINING).localGet(AREA);
  code.localGet(RECORD).i32Load16U(record.handler).returnCallIndirect(handlerSignature);
  code.end();
  emitFindRecord(code, { target, area: AREA, first: RECORD }, () => {
    code.localGet(CONTEXT).localGet(target).localGet(REMAINING).localGet(AREA);
    code.returnCall(link.runtime.jumpMiss);
  });
  code.br(loop).end();
}
