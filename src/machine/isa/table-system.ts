/**
 * CSR instructions and the privileged ones (Privileged 3.3, 10.2). A privileged instruction below
 * its privilege is illegal. Above user mode nothing runs yet: `run` refuses such a context, so
 * their semantics here are what user mode sees.
 */

import type { CsrOperation, Emitter } from "./emitter.js";
import { type Instruction, instruction, type Privilege } from "./instruction.js";

const csr = (name: string, funct3: string, operation: CsrOperation): Instruction =>
  instruction(name, `csr rs1 ${funct3} rd 1110011`, {
    extension: "Zicsr",
    semantics: (emit) => emit.csr(operation, "register"),
  });

const csrConstant = (name: string, funct3: string, operation: CsrOperation): Instruction =>
  instruction(name, `csr zimm ${funct3} rd 1110011`, {
    extension: "Zicsr",
    semantics: (emit) => emit.csr(operation, "constant"),
  });

const privileged = (name: string, pattern: string, privilege: Privilege): Instruction =>
  instruction(name, pattern, {
    extension: "S",
    privilege,
    semantics: (emit: Emitter) => emit.illegalInstruction(),
  });

export const systemInstructions: readonly Instruction[] = Object.freeze([
  csr("csrrw", "001", "write"),
  csr("csrrs", "010", "set"),
  csr("csrrc", "011", "clear"),
  csrConstant("csrrwi", "101", "write"),
  csrConstant("csrrsi", "110", "set"),
  csrConstant("csrrci", "111", "clear"),
  privileged("sret", "00010000001000000000000001110011", "supervisor"),
  privileged("mret", "00110000001000000000000001110011", "machine"),
  privileged("wfi", "00010000010100000000000001110011", "supervisor"),
  privileged("sfence.vma", "0001001 rs2 rs1 000 00000 1110011", "supervisor"),
]);
