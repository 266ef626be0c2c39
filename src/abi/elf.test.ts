/** ELF parsing: what is taken, and each reason of refusal. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as elf from "./elf.js";

interface Part {
  type: number;
  flags?: number;
  offset?: number;
  address?: number;
  fileBytes?: number;
  memoryBytes?: number;
}

/** A file of `fileBytes` with these program headers behind the ELF header. */
function build(parts: Part[], fileBytes = 0x3000): DataView {
  const view = new DataView(new ArrayBuffer(fileBytes));
  const bytes = new Uint8Array(view.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(16, elf.ET_EXEC, true);
  view.setUint16(18, elf.EM_RISCV, true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, 0x10100n, true);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, parts.length, true);
  parts.forEach((part, index) => {
    const at = 64 + 56 * index;
    const { fileBytes: inFile = 0, offset = 0, address = 0 } = part;
    view.setUint32(at, part.type, true);
    view.setUint32(at + 4, part.flags ?? elf.PF_R, true);
    view.setBigUint64(at + 8, BigInt(offset), true);
    view.setBigUint64(at + 16, BigInt(address), true);
    view.setBigUint64(at + 32, BigInt(inFile), true);
    view.setBigUint64(at + 40, BigInt(part.memoryBytes ?? inFile), true);
  });
  return view;
}

function parse(view: DataView): elf.ElfProgram | elf.ElfRefusal {
  const bytes = new Uint8Array(view.buffer);
  const header = elf.parseElfHeader(bytes.subarray(0, elf.ELF_HEADER_BYTES));
  if (typeof header === "string") return header;
  const table = bytes.subarray(header.programHeadersOffset);
  return elf.parseElfProgram(header, table, bytes.length);
}

const text: Part = { type: elf.PT_LOAD, offset: 0, address: 0x10000, fileBytes: 0x1200 };
const data: Part = {
  type: elf.PT_LOAD,
  offset: 0x1200,
  address: 0x12200,
  fileBytes: 0x400,
  memoryBytes: 0x2000,
};

describe("a program", () => {
  test("its segments, bounds, headers in memory and stack", () => {
    const program = parse(build([text, data, { type: elf.PT_GNU_STACK, flags: 6 }]));
    assert.ok(typeof program !== "string", String(program));
    assert.equal(program.header.entry, 0x10100);
    assert.equal(program.loads.length, 2);
    assert.equal(program.segments.length, 3);
    assert.equal(program.startAddress, 0x10000);
    assert.equal(program.endAddress, 0x15000);
    assert.equal(program.programHeadersAddress, 0x10040);
    assert.equal(program.interpreter, undefined);
    assert.equal(program.executableStack, false);
  });

  test("an executable stack, a bss of its own, headers that are not loaded", () => {
    const bss: Part = { type: elf.PT_LOAD, address: 0x20123, memoryBytes: 16 };
    const later: Part = { ...text, offset: 0x1000, fileBytes: 0x100 };
    const program = parse(build([later, bss, { type: elf.PT_GNU_STACK, flags: 7 }]));
    assert.ok(typeof program !== "string", String(program));
    assert.equal(program.executableStack, true);
    assert.equal(program.programHeadersAddress, 0);
    assert.equal(program.endAddress, 0x21000);
  });

  test("an interpreter", () => {
    const program = parse(build([{ type: elf.PT_INTERP, offset: 0x2000, fileBytes: 9 }, text]));
    assert.ok(typeof program !== "string");
    assert.equal(program.interpreter?.offset, 0x2000);
    const encode = (path: string): Uint8Array => new TextEncoder().encode(path);
    const path = elf.parseElfInterpreter(encode("/lib/ld\0"));
    assert.equal(new TextDecoder().decode(path as Uint8Array), "/lib/ld");
    assert.equal(elf.parseElfInterpreter(encode("/lib")), "interpreter path without its end");
    assert.equal(elf.parseElfInterpreter(encode("\0")), "interpreter path of a bad length");
  });
});

describe("refusals", () => {
  const withByte = (offset: number, value: number): DataView => {
    const view = build([text]);
    view.setUint8(offset, value);
    return view;
  };
  const withPart = (change: Partial<Part>): DataView => build([{ ...text, ...change }]);
  const cases: [elf.ElfRefusal, DataView][] = [
    ["not ELF", withByte(1, 0)],
    ["not 64-bit", withByte(4, 1)],
    ["not little-endian", withByte(5, 2)],
    ["unknown version", withByte(6, 0)],
    ["not for RISC-V", withByte(18, 62)],
    ["not an executable", withByte(16, 1)],
    ["entry outside user memory", withByte(31, 0x80)],
    ["program headers of another size", withByte(54, 55)],
    ["no program headers", build([])],
    ["too many program headers", withByte(57, 0xff)],
    ["program headers outside the file", withByte(34, 1)],
    ["program headers outside the file", withByte(39, 0xff)],
    ["segment longer in the file than in memory", withPart({ memoryBytes: 1 })],
    ["segment outside the file", withPart({ offset: 2 ** 52, fileBytes: 8 })],
    ["segment outside user memory", withPart({ address: 2 ** 38 - 4096, fileBytes: 0x1001 })],
    ["segment outside user memory", withPart({ address: 2 ** 60 })],
    ["segment's address and offset differ within a page", withPart({ address: 0x10010 })],
    ["segments not in ascending order", build([data, text])],
    ["segments not in ascending order", build([text, { ...data, address: 0x11200 - 0x1000 }])],
    ["nothing to load", build([{ type: elf.PT_NOTE }])],
    ["interpreter path of a bad length", build([{ type: elf.PT_INTERP, fileBytes: 1 }, text])],
    [
      "more than one interpreter",
      build([{ type: 3, fileBytes: 9 }, { type: 3, fileBytes: 9 }, text]),
    ],
  ];
  for (const [reason, view] of cases) {
    test(reason, () => assert.equal(parse(view), reason));
  }

  test("a header cut short at any byte", () => {
    const bytes = new Uint8Array(build([text]).buffer);
    for (let length = 0; length < elf.ELF_HEADER_BYTES; length++) {
      const refusal = elf.parseElfHeader(bytes.subarray(0, length));
      assert.equal(refusal, length < 4 ? "not ELF" : "header cut short");
    }
  });

  test("random damage never throws", (context) => {
    const given = process.env.SIXFOLD_SEED;
    const seed = given === undefined ? Date.now() % 2 ** 31 : Number(given);
    context.diagnostic(`seed ${seed}`);
    let state = seed;
    const next = (): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state >>> 8;
    };
    for (let i = 0; i < 5000; i++) {
      const view = build([text, data, { type: elf.PT_INTERP, offset: 0x100, fileBytes: 9 }]);
      for (let n = 1 + (next() % 4); n > 0; n--) view.setUint8(next() % 232, next() % 256);
      const program = parse(view);
      if (typeof program === "string") continue;
      for (const load of program.loads) {
        assert.ok(load.offset + load.fileBytes < 2 ** 53);
        assert.ok(load.address + load.memoryBytes <= 2 ** 38);
      }
    }
  });
});
