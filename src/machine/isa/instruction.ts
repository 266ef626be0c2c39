/**
 * What a row of the instruction table is, and how its bit pattern is read. A pattern is written as
 * in the RISC-V manual, most significant bit first, for example
 * `imm[12|10:5] rs2 rs1 000 imm[4:1|11] 1100011`. From it follow match, mask and operand fields.
 *
 * Tokens: `0101` fixed bits; `rd rs1 rs2 rs3` integer registers; `fd fs1 fs2 fs3` floating-point
 * registers; the same with `'` three bits wide (x8..x15); `rd/rs1` one field that is both; `rm`
 * rounding mode; `csr` CSR number (operand imm); `zimm` a 5-bit constant in the place of rs1;
 * `imm[...]` signed and `uimm[...]` unsigned immediates; `-n` n bits that are ignored.
 */

import type { Emitter } from "./emitter.js";

export type Extension = "I" | "M" | "A" | "F" | "D" | "C" | "Zicsr" | "Zifencei" | "S";
export type Privilege = "user" | "supervisor" | "machine";
export type OperandName = "rd" | "rs1" | "rs2" | "rs3" | "rm" | "imm";

/** Operands of one instruction: register numbers, rounding mode, immediate as 32-bit integer. */
export interface Operands {
  rd: number;
  rs1: number;
  rs2: number;
  rs3: number;
  rm: number;
  imm: number;
}

/** `widthBits` bits at `position` of the word are bits `toBit`.. of the operand. */
export interface Field {
  readonly operand: OperandName;
  readonly position: number;
  readonly widthBits: number;
  readonly toBit: number;
}

/** How an operand is written in assembly. */
export type OperandKind = "x" | "f" | "rm" | "csr" | "zimm" | "imm" | "uimm";
export interface OperandSyntax {
  readonly operand: OperandName;
  readonly kind: OperandKind;
}

/** A compressed instruction is the base instruction `name` with these operands fixed. */
export interface Expansion {
  readonly name: string;
  readonly fixed: Readonly<Partial<Operands>>;
  /** Operands that another operand is copied to, for example rs1 from rd. */
  readonly copies: readonly (readonly [to: OperandName, from: OperandName])[];
}

export interface Instruction {
  readonly name: string;
  readonly pattern: string;
  readonly extension: Extension;
  readonly privilege: Privilege;
  readonly lengthBytes: 2 | 4;
  readonly match: number;
  readonly mask: number;
  readonly fields: readonly Field[];
  readonly syntax: readonly OperandSyntax[];
  /** Whether rd is a floating-point register; whether there is a rounding mode. */
  readonly hasFloatDestination: boolean;
  readonly hasRoundingMode: boolean;
  /** Bit number of the sign of the immediate; -1: it is unsigned or absent. */
  readonly immediateSignBit: number;
  /** Register fields of three bits stand for x8..x15. */
  readonly shortRegisters: readonly OperandName[];
  /** Operands that must not be zero, else the encoding belongs to another row or is reserved. */
  readonly nonZero: readonly OperandName[];
  readonly semantics: ((emit: Emitter) => void) | undefined;
  /** The same, cheaper, where all integer operands hold sign-extended words; most have none. */
  readonly wordSemantics: ((emit: Emitter) => void) | undefined;
  readonly expansion: Expansion | undefined;
}

interface PatternParse {
  match: number;
  mask: number;
  fields: Field[];
  syntax: OperandSyntax[];
  signBit: number;
  short: OperandName[];
}

const registerTokens: Readonly<Record<string, OperandSyntax>> = Object.freeze({
  rd: { operand: "rd", kind: "x" },
  rs1: { operand: "rs1", kind: "x" },
  rs2: { operand: "rs2", kind: "x" },
  "rd/rs1": { operand: "rd", kind: "x" },
  fd: { operand: "rd", kind: "f" },
  fs1: { operand: "rs1", kind: "f" },
  fs2: { operand: "rs2", kind: "f" },
  fs3: { operand: "rs3", kind: "f" },
  zimm: { operand: "rs1", kind: "zimm" },
});

/** Width in bits of a token. */
function tokenWidth(token: string): number {
  if (/^[01]+$/.test(token)) return token.length;
  if (token.startsWith("-")) return Number(token.slice(1));
  if (token.endsWith("'")) return 3;
  if (token === "rm") return 3;
  if (token === "csr") return 12;
  if (token in registerTokens) return 5;
  const ranges = immediateRanges(token);
  return ranges.reduce((sum, [high, low]) => sum + high - low + 1, 0);
}

/** The ranges of `imm[5:4|9:6|2]`, most significant first. */
function immediateRanges(token: string): [number, number][] {
  const list = /^u?imm\[([0-9:|]+)\]$/.exec(token)?.[1];
  if (list === undefined) throw new Error(`unknown token ${token} in an instruction pattern`);
  return list.split("|").map((range) => {
    const [high, low] = range.split(":").map(Number);
    return [high ?? 0, low ?? high ?? 0];
  });
}

function addImmediate(parse: PatternParse, token: string, topBit: number): void {
  const kind = token.startsWith("u") ? "uimm" : "imm";
  if (!parse.syntax.some(({ operand }) => operand === "imm")) {
    parse.syntax.push({ operand: "imm", kind });
  }
  let position = topBit;
  for (const [high, low] of immediateRanges(token)) {
    position -= high - low + 1;
    parse.fields.push({ operand: "imm", position, widthBits: high - low + 1, toBit: low });
    if (kind === "imm") parse.signBit = Math.max(parse.signBit, high);
  }
}

function addRegister(parse: PatternParse, token: string, position: number): void {
  const isShort = token.endsWith("'");
  const syntax = registerTokens[isShort ? token.slice(0, -1) : token];
  if (syntax === undefined) throw new Error(`unknown token ${token} in an instruction pattern`);
  const widthBits = isShort ? 3 : 5;
  parse.fields.push({ operand: syntax.operand, position, widthBits, toBit: 0 });
  parse.syntax.push(syntax);
  if (isShort) parse.short.push(syntax.operand);
}

function addToken(parse: PatternParse, token: string, topBit: number): void {
  const position = topBit - tokenWidth(token);
  if (/^[01]+$/.test(token)) {
    const ones = 2 ** token.length - 1;
    parse.match = (parse.match | (Number.parseInt(token, 2) << position)) >>> 0;
    parse.mask = (parse.mask | (ones << position)) >>> 0;
  } else if (token === "rm") {
    parse.fields.push({ operand: "rm", position, widthBits: 3, toBit: 0 });
    parse.syntax.push({ operand: "rm", kind: "rm" });
  } else if (token === "csr") {
    parse.fields.push({ operand: "imm", position, widthBits: 12, toBit: 0 });
    parse.syntax.push({ operand: "imm", kind: "csr" });
  } else if (/^u?imm/.test(token)) {
    addImmediate(parse, token, topBit);
  } else if (!token.startsWith("-")) {
    addRegister(parse, token, position);
  }
}

/** Reads a pattern. @throws when it is not 16 or 32 bits wide or has an unknown token */
function parsePattern(pattern: string): PatternParse & { lengthBytes: 2 | 4 } {
  const tokens = pattern.split(" ");
  const widthBits = tokens.reduce((sum, token) => sum + tokenWidth(token), 0);
  if (widthBits !== 16 && widthBits !== 32) {
    throw new Error(`pattern "${pattern}" has ${widthBits} bits`);
  }
  const parse = { match: 0, mask: 0, fields: [], syntax: [], signBit: -1, short: [] };
  let topBit = widthBits;
  for (const token of tokens) {
    addToken(parse, token, topBit);
    topBit -= tokenWidth(token);
  }
  return { ...parse, lengthBytes: widthBits === 16 ? 2 : 4 };
}

/** What a row says beyond its name and pattern. */
export interface RowOptions {
  readonly extension: Extension;
  readonly privilege?: Privilege;
  readonly nonZero?: readonly OperandName[];
  readonly semantics?: (emit: Emitter) => void;
  readonly wordSemantics?: (emit: Emitter) => void;
  readonly expansion?: Expansion;
}

/** Makes a row of the table from its name and pattern. */
export function instruction(name: string, pattern: string, options: RowOptions): Instruction {
  const parse = parsePattern(pattern);
  return Object.freeze({
    name,
    pattern,
    extension: options.extension,
    privilege: options.privilege ?? "user",
    lengthBytes: parse.lengthBytes,
    match: parse.match,
    mask: parse.mask,
    fields: Object.freeze(parse.fields),
    syntax: Object.freeze(parse.syntax),
    hasFloatDestination: parse.syntax.some(({ operand, kind }) => operand === "rd" && kind === "f"),
    hasRoundingMode: parse.syntax.some(({ kind }) => kind === "rm"),
    immediateSignBit: parse.signBit,
    shortRegisters: Object.freeze(parse.short),
    nonZero: Object.freeze(options.nonZero ?? []),
    semantics: options.semantics,
    wordSemantics: options.wordSemantics,
    expansion: options.expansion,
  });
}
