/** Encodings, every instruction, control, tables, imports, by instantiating modules. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { CodeBuilder } from "./code.js";
import { ModuleBuilder } from "./module.js";
import type { Signature, ValueType } from "./opcodes.js";
import { memoryInstructions, plainInstructions, saturatingInstructions } from "./opcodes.js";

type Exports = Record<string, (...values: (number | bigint)[]) => number | bigint>;

function signature(parameters: ValueType[], results: ValueType[] = []): Signature {
  return { parameters, results };
}

function instantiate(module: ModuleBuilder, imports: WebAssembly.Imports = {}): Exports {
  const compiled = new WebAssembly.Module(module.finish() as BufferSource);
  return new WebAssembly.Instance(compiled, imports).exports as Exports;
}

/** One exported function, ready to call. */
function single(type: Signature, body: (code: CodeBuilder) => void) {
  const module = new ModuleBuilder();
  module.addMemory({ initial: 1 });
  module.addExport("run", "function", module.addFunction(type, body));
  const run = instantiate(module).run;
  assert.ok(run);
  return run;
}

test("i64 constants: bigint, number and words agree at every LEB128 length", () => {
  for (let bit = 0; bit < 64; bit++) {
    for (const delta of [-1n, 0n, 1n]) {
      for (const sign of [1n, -1n]) {
        const value = BigInt.asIntN(64, sign * (1n << BigInt(bit)) + delta);
        const low = Number(BigInt.asUintN(32, value));
        const high = Number(BigInt.asIntN(32, value >> 32n));
        const type = signature([], ["i64"]);
        assert.equal(single(type, (code) => code.i64Const(value))(), value);
        assert.equal(single(type, (code) => code.i64ConstWords(low, high))(), value);
        if (Number.isSafeInteger(Number(value))) {
          assert.equal(single(type, (code) => code.i64Const(Number(value)))(), value);
        }
      }
    }
  }
});

test("i32 constants at every LEB128 length", () => {
  for (let bit = 0; bit < 32; bit++) {
    for (const value of [1 << bit, (1 << bit) - 1, -(1 << bit), -(1 << bit) - 1]) {
      assert.equal(single(signature([], ["i32"]), (code) => code.i32Const(value))(), value | 0);
    }
  }
});

test("float constants keep their value and their bits", () => {
  assert.equal(single(signature([], ["f64"]), (code) => code.f64Const(-0.1))(), -0.1);
  assert.equal(single(signature([], ["f32"]), (code) => code.f32Const(0.1))(), Math.fround(0.1));
  const bits = single(signature([], ["i64"]), (code) =>
    code.f64ConstBits(0x12345678, 0x7ff4_0000).i64ReinterpretF64(),
  );
  assert.equal(bits(), 0x7ff4_0000_1234_5678n);
});

/** Types that an instruction takes and gives, read off its name. */
function operands(name: string): { takes: ValueType[]; gives: ValueType } {
  const type = name.slice(0, 3) as ValueType;
  const operation = name.slice(3);
  const from = /(I32|I64|F32|F64)/.exec(operation)?.[1]?.toLowerCase() as ValueType | undefined;
  if (from !== undefined) return { takes: [from], gives: type };
  if (operation === "Eqz") return { takes: [type], gives: "i32" };
  if (/^(Eq|Ne|Lt|Gt|Le|Ge)[SU]?$/.test(operation)) return { takes: [type, type], gives: "i32" };
  if (/^(Clz|Ctz|Popcnt|Extend|Abs|Neg|Ceil|Floor|Trunc|Nearest|Sqrt)/.test(operation)) {
    return { takes: [type], gives: type };
  }
  return { takes: [type, type], gives: type };
}

test("every instruction of the tables validates with the types of its name", () => {
  const names = [...Object.keys(plainInstructions), ...Object.keys(saturatingInstructions)];
  let count = 0;
  for (const name of names.filter((text) => /^[if](32|64)/.test(text))) {
    const { takes, gives } = operands(name);
    const module = new ModuleBuilder();
    module.addFunction(signature(takes, [gives]), (code) => {
      for (const position of takes.keys()) code.localGet(position);
      (code as unknown as Record<string, () => void>)[name]?.();
    });
    assert.doesNotThrow(() => new WebAssembly.Module(module.finish() as BufferSource), name);
    count++;
  }
  assert.equal(count, 128 + 8);
});

test("loads give back what stores of the same width wrote, at offsets", () => {
  for (const name of Object.keys(memoryInstructions).filter((text) => text.includes("Store"))) {
    const type = name.slice(0, 3) as ValueType;
    const width = name.slice(3 + "Store".length);
    const load = type[0] === "f" || width === "" ? `${type}Load` : `${type}Load${width}U`;
    const run = single(signature(["i32", type], [type]), (code) => {
      const call = code as unknown as Record<string, (offset: number, align?: number) => void>;
      code.localGet(0).localGet(1);
      call[name]?.(300);
      code.localGet(0).i32Const(300).i32Add();
      call[load]?.(0, 0);
    });
    const value = type === "i64" ? 0x7bn : 0x7b;
    assert.equal(run(17, value), value, name);
  }
});

test("branches count their depth from the label", () => {
  // The number of steps of the 3n + 1 sequence down to 1.
  const run = single(signature(["i64"], ["i32"]), (code) => {
    const steps = code.local("i32");
    const exit = code.block();
    const again = code.loop();
    code.localGet(0).i64Const(1).i64Eq().brIf(exit);
    code.localGet(steps).i32Const(1).i32Add().localSet(steps);
    code.localGet(0).i32WrapI64().i32Const(1).i32And();
    code.if();
    code.localGet(0).i64Const(3).i64Mul().i64Const(1).i64Add().localSet(0);
    code.br(again);
    code.else();
    code.localGet(0).i64Const(1).i64ShrU().localSet(0);
    code.br(again);
    code.end().end().end();
    code.localGet(steps);
  });
  assert.equal(run(27n), 111);
});

test("a branch to a closed label and an unclosed block are errors", () => {
  const module = new ModuleBuilder();
  const code = module.defineFunction(module.declareFunction(signature([])));
  const label = code.block();
  assert.throws(() => module.finish(), /not closed/);
  code.end();
  code.block();
  assert.throws(() => code.br(label), /not open/);
});

test("br_table chooses by index and falls to the default beyond", () => {
  const run = single(signature(["i32"], ["i32"]), (code) => {
    const other = code.block();
    const one = code.block();
    const zero = code.block();
    code.localGet(0).brTable([zero, one], other);
    code.end().i32Const(10).return();
    code.end().i32Const(11).return();
    code.end().i32Const(12);
  });
  assert.deepEqual([run(0), run(1), run(2), run(-1)], [10, 11, 12, 12]);
});

test("functions call each other before definition, by tail call and through a table", () => {
  const module = new ModuleBuilder({ names: true });
  const type = signature(["i32"], ["i32"]);
  const even = module.declareFunction(type, "even");
  const odd = module.declareFunction(type, "odd");
  const table = module.addTable({ initial: 2, maximum: 2 });
  module.addElements(table, 0, [even, odd]);
  const evenCode = module.defineFunction(even);
  evenCode.localGet(0).i32Eqz().if();
  evenCode.i32Const(1).return().end();
  evenCode.localGet(0).i32Const(1).i32Sub().returnCall(odd);
  const oddCode = module.defineFunction(odd);
  oddCode.localGet(0).i32Eqz().if();
  oddCode.i32Const(0).return().end();
  oddCode.localGet(0).i32Const(1).i32Sub().i32Const(0).returnCallIndirect(type, table);
  const choose = module.addFunction(signature(["i32", "i32"], ["i32"]), (code) =>
    code.localGet(0).localGet(1).callIndirect(type, table),
  );
  module.addExport("choose", "function", choose);
  const { choose: run } = instantiate(module);
  assert.equal(run?.(1_000_001, 1), 1);
  assert.equal(run?.(1_000_001, 0), 0);
  const names = WebAssembly.Module.customSections(
    new WebAssembly.Module(module.finish() as BufferSource),
    "name",
  );
  assert.match(Buffer.from(names[0] ?? new ArrayBuffer(0)).toString("latin1"), /even.*odd/);
});

test("branch hints name function, offset behind the locals, and direction", () => {
  const module = new ModuleBuilder();
  module.importFunction("host", "none", signature([]));
  module.addFunction(signature([]), () => {});
  module.addFunction(signature(["i32"], ["i32"]), (code) => {
    code.local("i64");
    const done = code.block();
    code.localGet(0).hint(true).brIf(done);
    code.localGet(0).hint(false).if();
    code.end().end().localGet(0);
  });
  const compiled = new WebAssembly.Module(module.finish() as BufferSource);
  const sections = WebAssembly.Module.customSections(compiled, "metadata.code.branch_hint");
  // Function 2; locals take 3 bytes, block 2, each local.get 2, br_if 2.
  const expected = [1, 2, 2, 7, 1, 1, 11, 1, 0];
  assert.deepEqual([...new Uint8Array(sections[0] ?? new ArrayBuffer(0))], expected);
});

test("a function that is declared but not defined is named by finish", () => {
  const module = new ModuleBuilder();
  module.declareFunction(signature([]), "missing");
  assert.throws(() => module.finish(), /missing is declared but not defined/);
});

test("imports, globals, data, exports, bulk memory", () => {
  const module = new ModuleBuilder();
  module.importMemory("host", "memory", { initial: 1, maximum: 2 });
  const add = module.importFunction("host", "add", signature(["i32", "i32"], ["i32"]));
  const base = module.importGlobal("host", "base", "i32", false);
  const counter = module.addGlobal("i64", true, -5n);
  module.addData(8, new Uint8Array([1, 2, 3, 4]));
  const run = module.addFunction(signature([], ["i32"]), (code) => {
    code.i32Const(16).i32Const(8).i32Const(4).memoryCopy();
    code.i32Const(18).i32Const(0x7f).i32Const(1).memoryFill();
    code.globalGet(counter).i64Const(1).i64Add().globalSet(counter);
    code.globalGet(base).i32Const(16).i32Load().call(add);
  });
  module.addExport("run", "function", run);
  module.addExport("counter", "global", counter);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
  const exports = instantiate(module, {
    host: {
      memory,
      add: (left: number, right: number) => left + right,
      base: new WebAssembly.Global({ value: "i32" }, 1000),
    },
  });
  assert.equal(exports.run?.(), 0x047f0201 + 1000);
  assert.equal((exports.counter as unknown as WebAssembly.Global).value, -4n);
  assert.deepEqual([...new Uint8Array(memory.buffer, 8, 4)], [1, 2, 3, 4]);
});

test("locals of mixed types keep their numbers, and released ones are used again", () => {
  const run = single(signature(["i32"], ["i64"]), (code) => {
    const first = code.local("i64");
    const second = code.local("f64");
    const third = code.local("i64");
    code.localGet(0).i64ExtendI32S().localTee(first).i64Const(1).i64Add().localSet(third);
    code.f64Const(2).localSet(second);
    code.release(first);
    assert.throws(() => code.release(first), /twice/);
    assert.equal(code.local("i64"), first);
    assert.equal(code.typeOfLocal(second), "f64");
    code.localGet(second).i64TruncSatF64S().localGet(third).i64Add();
  });
  assert.equal(run(40), 43n);
});

test("blocks with parameters and several results", () => {
  const run = single(signature(["i32", "i32"], ["i32"]), (code) => {
    code.localGet(0).localGet(1);
    code.block(signature(["i32", "i32"], ["i32", "i32"]));
    code.i32Const(5).i32Add();
    code.end().i32Mul();
  });
  assert.equal(run(3, 4), 27);
});

test("a large function grows the buffer", () => {
  const run = single(signature([], ["i32"]), (code) => {
    code.i32Const(0);
    for (let count = 0; count < 100_000; count++) code.i32Const(3).i32Add();
  });
  assert.equal(run(), 300_000);
});
