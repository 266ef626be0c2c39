import type { Instruction } from "./instruction.js";
import { instruction } from "./instruction.js";

const BOX = 0xffff_ffff_0000_0000n;
export const floatInstructions: readonly Instruction[] = Object.freeze([
  instruction("flw", "imm[11:0] rs1 010 fd 0000111", {
    extension: "F",
    semantics: (emit) =>
      emit.writeF(() => {
        emit.load("wu");
        emit.code.i64Const(BOX).i64Or();
      }),
  }),
  instruction("fld", "imm[11:0] rs1 011 fd 0000111", {
    extension: "D",
    semantics: (emit) => emit.writeF(() => emit.load("d")),
  }),
  instruction("fsw", "imm[11:5] fs2 rs1 010 imm[4:0] 0100111", {
    extension: "F",
    semantics: (emit) => emit.store("w", () => emit.readF("rs2")),
  }),
  instruction("fsd", "imm[11:5] fs2 rs1 011 imm[4:0] 0100111", {
    extension: "D",
    semantics: (emit) => emit.store("d", () => emit.readF("rs2")),
  }),
]);
