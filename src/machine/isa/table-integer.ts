/**
 * The base integer instructions and M: RV64I 2.1 and the multiply extension of the Unprivileged
 * manual. Rows in the order of the manual's opcode tables.
 */

import type { CodeBuilder } from "../wasm/code.js";
import type { Access, Emitter } from "./emitter.js";
import type { IntegerHelper } from "./helpers.js";
import { type Extension, type Instruction, instruction } from "./instruction.js";

type Semantics = (emit: Emitter) => void;
/** Names of code builder methods that take two operands from the stack. */
type Binary = {
  [Name in keyof CodeBuilder]: Name extends `i${"32" | "64"}${string}` ? Name : never;
}[keyof CodeBuilder];

/** Name, pattern, semantics, and the same on words: see Instruction. */
type Row = readonly [string, string, Semantics, Semantics?];

const rows = (extension: Extension, list: readonly Row[]) =>
  list.map(([name, pattern, semantics, wordSemantics]) =>
    instruction(name, pattern, {
      extension,
      semantics,
      ...(wordSemantics === undefined ? {} : { wordSemantics }),
    }),
  );

function apply(emit: Emitter, operation: Binary): void {
  (emit.code[operation] as () => CodeBuilder).call(emit.code);
}

const onRegisters =
  (operation: Binary): Semantics =>
  (emit) =>
    emit.writeX(() => {
      emit.readX("rs1");
      emit.readX("rs2");
      apply(emit, operation);
    });

const onImmediate =
  (operation: Binary): Semantics =>
  (emit) =>
    emit.writeX(() => {
      emit.readX("rs1");
      emit.immediate();
      apply(emit, operation);
    });

const compareRegisters =
  (operation: Binary): Semantics =>
  (emit) =>
    emit.writeX(() => {
      emit.readX("rs1");
      emit.readX("rs2");
      apply(emit, operation);
      emit.code.i64ExtendI32U();
    });

const compareImmediate =
  (operation: Binary): Semantics =>
  (emit) =>
    emit.writeX(() => {
      emit.readX("rs1");
      emit.immediate();
      apply(emit, operation);
      emit.code.i64ExtendI32U();
    });

const onWords =
  (operation: Binary): Semantics =>
  (emit) =>
    emit.writeWord(() => {
      emit.readWord("rs1");
      emit.readWord("rs2");
      apply(emit, operation);
    });

const onWordImmediate =
  (operation: Binary): Semantics =>
  (emit) =>
    emit.writeWord(() => {
      emit.readWord("rs1");
      emit.immediateWord();
      apply(emit, operation);
    });

const compareWords =
  (operation: Binary): Semantics =>
  (emit) =>
    emit.writeX(() => {
      emit.readWord("rs1");
      emit.readWord("rs2");
      apply(emit, operation);
      emit.code.i64ExtendI32U();
    });

const compareWordImmediate =
  (operation: Binary): Semantics =>
  (emit) =>
    emit.writeX(() => {
      emit.readWord("rs1");
      emit.immediateWord();
      apply(emit, operation);
      emit.code.i64ExtendI32U();
    });

/** A shift of more than 31 leaves the sign, as one of 31 does. */
const shiftWordRight: Semantics = (emit) =>
  emit.writeWord(() => {
    emit.readWord("rs1");
    emit.immediateWord();
    emit.code.i32Const(31);
    emit.immediateWord();
    emit.code.i32Const(31).i32LtU().select().i32ShrS();
  });

const branchOnWords =
  (operation: Binary): Semantics =>
  (emit) =>
    emit.branch(() => {
      emit.readWord("rs1");
      emit.readWord("rs2");
      apply(emit, operation);
    });

const branch =
  (operation: Binary): Semantics =>
  (emit) =>
    emit.branch(() => {
      emit.readX("rs1");
      emit.readX("rs2");
      apply(emit, operation);
    });

const load =
  (access: Access): Semantics =>
  (emit) =>
    emit.writeX(() => emit.load(access));

const store =
  (access: Access): Semantics =>
  (emit) =>
    emit.store(access, () => emit.readX("rs2"));

const helper =
  (name: IntegerHelper): Semantics =>
  (emit) =>
    emit.writeX(() => {
      emit.readX("rs1");
      emit.readX("rs2");
      emit.call(name);
    });

/** Division of words: exact in 64 bits, the low half of the result is the word's. */
const helperOnWords =
  (name: IntegerHelper, extend: "i64ExtendI32S" | "i64ExtendI32U"): Semantics =>
  (emit) =>
    emit.writeWord(() => {
      emit.readWord("rs1");
      apply(emit, extend);
      emit.readWord("rs2");
      apply(emit, extend);
      emit.call(name);
      emit.code.i32WrapI64();
    });

const nothing: Semantics = () => {};

const controlTransfer: readonly Instruction[] = rows("I", [
  ["lui", "imm[31:12] rd 0110111", (emit) => emit.writeX(() => emit.immediate())],
  [
    "auipc",
    "imm[31:12] rd 0010111",
    (emit) =>
      emit.writeX(() => {
        emit.programCounter();
        emit.immediate();
        emit.code.i64Add();
      }),
  ],
  ["jal", "imm[20|10:1|11|19:12] rd 1101111", (emit) => emit.jump()],
  ["jalr", "imm[11:0] rs1 000 rd 1100111", (emit) => emit.jumpRegister()],
  ["beq", "imm[12|10:5] rs2 rs1 000 imm[4:1|11] 1100011", branch("i64Eq"), branchOnWords("i32Eq")],
  ["bne", "imm[12|10:5] rs2 rs1 001 imm[4:1|11] 1100011", branch("i64Ne"), branchOnWords("i32Ne")],
  [
    "blt",
    "imm[12|10:5] rs2 rs1 100 imm[4:1|11] 1100011",
    branch("i64LtS"),
    branchOnWords("i32LtS"),
  ],
  [
    "bge",
    "imm[12|10:5] rs2 rs1 101 imm[4:1|11] 1100011",
    branch("i64GeS"),
    branchOnWords("i32GeS"),
  ],
  [
    "bltu",
    "imm[12|10:5] rs2 rs1 110 imm[4:1|11] 1100011",
    branch("i64LtU"),
    branchOnWords("i32LtU"),
  ],
  [
    "bgeu",
    "imm[12|10:5] rs2 rs1 111 imm[4:1|11] 1100011",
    branch("i64GeU"),
    branchOnWords("i32GeU"),
  ],
]);

const loadsAndStores: readonly Instruction[] = rows("I", [
  ["lb", "imm[11:0] rs1 000 rd 0000011", load("b")],
  ["lh", "imm[11:0] rs1 001 rd 0000011", load("h")],
  ["lw", "imm[11:0] rs1 010 rd 0000011", load("w")],
  ["ld", "imm[11:0] rs1 011 rd 0000011", load("d")],
  ["lbu", "imm[11:0] rs1 100 rd 0000011", load("bu")],
  ["lhu", "imm[11:0] rs1 101 rd 0000011", load("hu")],
  ["lwu", "imm[11:0] rs1 110 rd 0000011", load("wu")],
  ["sb", "imm[11:5] rs2 rs1 000 imm[4:0] 0100011", store("b")],
  ["sh", "imm[11:5] rs2 rs1 001 imm[4:0] 0100011", store("h")],
  ["sw", "imm[11:5] rs2 rs1 010 imm[4:0] 0100011", store("w")],
  ["sd", "imm[11:5] rs2 rs1 011 imm[4:0] 0100011", store("d")],
]);

const arithmetic: readonly Instruction[] = rows("I", [
  ["addi", "imm[11:0] rs1 000 rd 0010011", onImmediate("i64Add")],
  [
    "slti",
    "imm[11:0] rs1 010 rd 0010011",
    compareImmediate("i64LtS"),
    compareWordImmediate("i32LtS"),
  ],
  [
    "sltiu",
    "imm[11:0] rs1 011 rd 0010011",
    compareImmediate("i64LtU"),
    compareWordImmediate("i32LtU"),
  ],
  ["xori", "imm[11:0] rs1 100 rd 0010011", onImmediate("i64Xor"), onWordImmediate("i32Xor")],
  ["ori", "imm[11:0] rs1 110 rd 0010011", onImmediate("i64Or"), onWordImmediate("i32Or")],
  ["andi", "imm[11:0] rs1 111 rd 0010011", onImmediate("i64And"), onWordImmediate("i32And")],
  ["slli", "000000 uimm[5:0] rs1 001 rd 0010011", onImmediate("i64Shl")],
  ["srli", "000000 uimm[5:0] rs1 101 rd 0010011", onImmediate("i64ShrU")],
  ["srai", "010000 uimm[5:0] rs1 101 rd 0010011", onImmediate("i64ShrS"), shiftWordRight],
  ["add", "0000000 rs2 rs1 000 rd 0110011", onRegisters("i64Add")],
  ["sub", "0100000 rs2 rs1 000 rd 0110011", onRegisters("i64Sub")],
  ["sll", "0000000 rs2 rs1 001 rd 0110011", onRegisters("i64Shl")],
  ["slt", "0000000 rs2 rs1 010 rd 0110011", compareRegisters("i64LtS"), compareWords("i32LtS")],
  ["sltu", "0000000 rs2 rs1 011 rd 0110011", compareRegisters("i64LtU"), compareWords("i32LtU")],
  ["xor", "0000000 rs2 rs1 100 rd 0110011", onRegisters("i64Xor"), onWords("i32Xor")],
  ["srl", "0000000 rs2 rs1 101 rd 0110011", onRegisters("i64ShrU")],
  ["sra", "0100000 rs2 rs1 101 rd 0110011", onRegisters("i64ShrS")],
  ["or", "0000000 rs2 rs1 110 rd 0110011", onRegisters("i64Or"), onWords("i32Or")],
  ["and", "0000000 rs2 rs1 111 rd 0110011", onRegisters("i64And"), onWords("i32And")],
  ["addiw", "imm[11:0] rs1 000 rd 0011011", onWordImmediate("i32Add")],
  ["slliw", "0000000 uimm[4:0] rs1 001 rd 0011011", onWordImmediate("i32Shl")],
  ["srliw", "0000000 uimm[4:0] rs1 101 rd 0011011", onWordImmediate("i32ShrU")],
  ["sraiw", "0100000 uimm[4:0] rs1 101 rd 0011011", onWordImmediate("i32ShrS")],
  ["addw", "0000000 rs2 rs1 000 rd 0111011", onWords("i32Add")],
  ["subw", "0100000 rs2 rs1 000 rd 0111011", onWords("i32Sub")],
  ["sllw", "0000000 rs2 rs1 001 rd 0111011", onWords("i32Shl")],
  ["srlw", "0000000 rs2 rs1 101 rd 0111011", onWords("i32ShrU")],
  ["sraw", "0100000 rs2 rs1 101 rd 0111011", onWords("i32ShrS")],
]);

/** One hart and code that is never stale: the fences order what is ordered already. */
const fences: readonly Instruction[] = [
  ...rows("I", [["fence", "-12 -5 000 -5 0001111", nothing]]),
  ...rows("Zifencei", [["fence.i", "-12 -5 001 -5 0001111", nothing]]),
];

const environment: readonly Instruction[] = rows("I", [
  ["ecall", "00000000000000000000000001110011", (emit) => emit.environmentCall()],
  ["ebreak", "00000000000100000000000001110011", (emit) => breakpoint(emit)],
]);

const CAUSE_BREAKPOINT = 3;
/** tval of a breakpoint is its address (Privileged 3.1.16). */
function breakpoint(emit: Emitter): void {
  emit.trap(CAUSE_BREAKPOINT, () => emit.programCounter());
}

const multiply: readonly Instruction[] = rows("M", [
  ["mul", "0000001 rs2 rs1 000 rd 0110011", onRegisters("i64Mul")],
  ["mulh", "0000001 rs2 rs1 001 rd 0110011", helper("multiplyHighSigned")],
  ["mulhsu", "0000001 rs2 rs1 010 rd 0110011", helper("multiplyHighSignedUnsigned")],
  ["mulhu", "0000001 rs2 rs1 011 rd 0110011", helper("multiplyHighUnsigned")],
  ["div", "0000001 rs2 rs1 100 rd 0110011", helper("divideSigned")],
  ["divu", "0000001 rs2 rs1 101 rd 0110011", helper("divideUnsigned")],
  ["rem", "0000001 rs2 rs1 110 rd 0110011", helper("remainderSigned")],
  ["remu", "0000001 rs2 rs1 111 rd 0110011", helper("remainderUnsigned")],
  ["mulw", "0000001 rs2 rs1 000 rd 0111011", onWords("i32Mul")],
  ["divw", "0000001 rs2 rs1 100 rd 0111011", helperOnWords("divideSigned", "i64ExtendI32S")],
  ["divuw", "0000001 rs2 rs1 101 rd 0111011", helperOnWords("divideUnsigned", "i64ExtendI32U")],
  ["remw", "0000001 rs2 rs1 110 rd 0111011", helperOnWords("remainderSigned", "i64ExtendI32S")],
  ["remuw", "0000001 rs2 rs1 111 rd 0111011", helperOnWords("remainderUnsigned", "i64ExtendI32U")],
]);

export const integerInstructions: readonly Instruction[] = Object.freeze([
  ...controlTransfer,
  ...loadsAndStores,
  ...arithmetic,
  ...fences,
  ...environment,
  ...multiply,
]);
