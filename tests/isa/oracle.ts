/**
 * Programs that run many sequences and write out the state after each: a static ELF file made by
 * our encoder, the same for qemu-riscv64 and for our machine.
 *
 * Each sequence has a block: x0..x31, f0..f31, fcsr, address of its code, memory. The harness
 * loads everything from the block, jumps to the code, and the code's end jumps back to where
 * everything is stored in the block again. At the end all blocks go to standard output.
 */

import { encode, toBytes } from "../../src/machine/isa/encode.js";
import type { Random } from "./random.js";
import { randomFloat, randomInteger } from "./random.js";
import {
  ADDRESS_REGISTER,
  BLOCK_REGISTER,
  floatSequence,
  MEMORY_BYTES,
  pointers,
  randomSequence,
} from "./sequences.js";

export const block = Object.freeze({
  x: 0,
  f: 256,
  fcsr: 512,
  code: 520,
  /** Where the harness keeps a register while it reads fcsr. */
  spare: 528,
  memory: 768,
});
export const BLOCK_BYTES = block.memory + MEMORY_BYTES;

const BASE = 0x1_0000;
const HEADER_BYTES = 120;
const NONE = -1;

export interface Batch {
  readonly elf: Buffer;
  /** Words of each sequence, for reports. */
  readonly sequences: readonly (readonly number[])[];
  /** Blocks as they were before. */
  readonly before: Buffer;
}

/** Words that load or store every register of a block. */
function transfer(direction: "load" | "store"): number[] {
  const words: number[] = [];
  const [wordX, wordF] = direction === "load" ? ["ld", "fld"] : ["sd", "fsd"];
  const operands = (register: number, offset: number) =>
    direction === "load"
      ? { rd: register, rs1: BLOCK_REGISTER, imm: offset }
      : { rs2: register, rs1: BLOCK_REGISTER, imm: offset };
  for (let register = 0; register < 32; register++) {
    words.push(encode(wordF, operands(register, block.f + register * 8)));
  }
  for (let register = 1; register < 32; register++) {
    if (register === BLOCK_REGISTER) continue;
    words.push(encode(wordX, operands(register, block.x + register * 8)));
  }
  return words;
}

interface Program {
  readonly words: number[];
  /** Byte offset in the program of the code that follows a sequence. */
  readonly afterSequence: number;
}

/** The harness; `blocksAddress` and `count` are placed behind it, at `dataAddress`. */
function harness(address: number, blocksAddress: number, count: number): Program {
  const rd = BLOCK_REGISTER;
  const fcsr = { rs1: BLOCK_REGISTER, imm: block.fcsr };
  const setBlock = loadAddress(rd, address, blocksAddress);
  const load = [
    encode("ld", { rd: 5, ...fcsr }),
    encode("csrrw", { rs1: 5, imm: 3 }),
    ...transfer("load"),
    encode("jalr", { rs1: ADDRESS_REGISTER }),
  ];
  const store = [
    ...transfer("store"),
    encode("csrrs", { rd: 5, imm: 3 }),
    encode("sd", { rs2: 5, ...fcsr }),
    encode("addi", { rd, rs1: rd, imm: BLOCK_BYTES }),
  ];
  const loopStart = setBlock.length;
  const storeStart = loopStart + load.length;
  const endAt = storeStart + store.length;
  const end = loadAddress(6, address + endAt * 4, blocksAddress + count * BLOCK_BYTES);
  const branchAt = endAt + end.length;
  const again = encode("bltu", { rs1: rd, rs2: 6, imm: (loopStart - branchAt) * 4 });
  const writeAt = branchAt + 1;
  const write = [
    ...loadAddress(11, address + writeAt * 4, blocksAddress),
    encode("sub", { rd: 12, rs1: 6, rs2: 11 }),
    encode("addi", { rd: 10, imm: 1 }),
    encode("addi", { rd: 17, imm: 64 }),
    encode("ecall"),
    encode("addi", { rd: 10, imm: 0 }),
    encode("addi", { rd: 17, imm: 93 }),
    encode("ecall"),
  ];
  return {
    words: [...setBlock, ...load, ...store, ...end, again, ...write],
    afterSequence: storeStart * 4,
  };
}

/** auipc and addi for an address, placed at `at`. */
function loadAddress(rd: number, at: number, target: number): number[] {
  const distance = target - at;
  const upper = (distance + 0x800) & ~0xfff;
  return [
    encode("auipc", { rd, imm: upper }),
    encode("addi", { rd, rs1: rd, imm: distance - upper }),
  ];
}

function fillBlock(random: Random, at: DataView, codeAddress: number, blockAddress: number): void {
  const setLong = (offset: number, value: bigint) => at.setBigUint64(offset, value, true);
  for (let register = 1; register < 32; register++) {
    setLong(block.x + register * 8, randomInteger(random));
    setLong(block.f + register * 8, randomFloat(random));
  }
  setLong(block.f, randomFloat(random));
  setLong(block.x + BLOCK_REGISTER * 8, BigInt(blockAddress));
  setLong(block.x + ADDRESS_REGISTER * 8, BigInt(codeAddress));
  for (const { register, offset } of pointers) {
    setLong(block.x + register * 8, BigInt(blockAddress + block.memory + offset));
  }
  // Rounding to nearest with the inexact flag set is what the fast paths are for.
  const flags = random.chance(50) ? 1 : random.below(32);
  const mode = random.chance(60) ? 0 : random.below(5);
  setLong(block.fcsr, BigInt((mode << 5) | flags));
  for (let offset = 0; offset < MEMORY_BYTES; offset += 8) {
    setLong(block.memory + offset, random.chance(50) ? randomInteger(random) : randomFloat(random));
  }
}

/** A program of `count` random sequences. */
export function makeBatch(random: Random, count: number): Batch {
  const sequences = Array.from({ length: count }, () =>
    random.chance(35)
      ? floatSequence(random, random.between(4, 40))
      : randomSequence(random, random.between(4, 24)),
  );
  const entry = BASE + HEADER_BYTES;
  // The harness's length does not depend on the addresses in it.
  const harnessBytes = harness(entry, entry, count).words.length * 4;
  const codeBytes = sequences.map((words) => toBytes(words).length + 4);
  let address = entry + harnessBytes;
  const codeAddresses = codeBytes.map((length) => {
    const start = address;
    address += length;
    return start;
  });
  const blocksAddress = Math.ceil(address / 4096) * 4096;
  const { words, afterSequence } = harness(entry, blocksAddress, count);
  const image = Buffer.alloc(blocksAddress - BASE + count * BLOCK_BYTES);
  writeHeader(image, entry);
  image.set(toBytes(words), HEADER_BYTES);
  for (const [index, sequence] of sequences.entries()) {
    const start = codeAddresses[index] ?? NONE;
    const back = entry + afterSequence - (start + (codeBytes[index] ?? 0) - 4);
    image.set(toBytes([...sequence, encode("jal", { imm: back })]), start - BASE);
    const blockAddress = blocksAddress + index * BLOCK_BYTES;
    const view = new DataView(image.buffer, image.byteOffset + blockAddress - BASE, BLOCK_BYTES);
    fillBlock(random, view, start, blockAddress);
  }
  return { elf: image, sequences, before: Buffer.from(image.subarray(blocksAddress - BASE)) };
}

/** An ELF header and one segment for everything: readable, writable, executable. */
function writeHeader(image: Buffer, entry: number): void {
  image.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  image.writeUInt16LE(2, 16);
  image.writeUInt16LE(243, 18);
  image.writeUInt32LE(1, 20);
  image.writeBigUInt64LE(BigInt(entry), 24);
  image.writeBigUInt64LE(64n, 32);
  // Compressed instructions, double-float ABI.
  image.writeUInt32LE(5, 48);
  image.writeUInt16LE(64, 52);
  image.writeUInt16LE(56, 54);
  image.writeUInt16LE(1, 56);
  image.writeUInt32LE(1, 64);
  image.writeUInt32LE(7, 68);
  image.writeBigUInt64LE(BigInt(BASE), 80);
  image.writeBigUInt64LE(BigInt(BASE), 88);
  image.writeBigUInt64LE(BigInt(image.length), 96);
  image.writeBigUInt64LE(BigInt(image.length), 104);
  image.writeBigUInt64LE(4096n, 112);
}
