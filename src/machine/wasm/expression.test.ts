/** Expressions, variables and statements, by running what they write. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Body, call, constant, type Expression, load32 } from "./expression.js";
import { ModuleBuilder } from "./module.js";
import type { Signature } from "./opcodes.js";

type Run = (...values: (number | bigint)[]) => number | bigint;

const wordPair: Signature = { parameters: ["i64", "i64"], results: ["i64"] };

function build(signature: Signature, write: (body: Body, module: ModuleBuilder) => void): Run {
  const module = new ModuleBuilder();
  module.addMemory({ initial: 1 });
  const index = module.declareFunction(signature);
  write(new Body(module.defineFunction(index)), module);
  module.addExport("run", "function", index);
  const compiled = new WebAssembly.Module(module.finish() as BufferSource);
  return (new WebAssembly.Instance(compiled).exports as Record<string, Run>).run as Run;
}

test("operators take the operand's type for constants and keep operand order", () => {
  const formula = (x: Expression, y: Expression) =>
    x.sub(y).shl(3).or(x.shrS(60)).xor(0xff00_0000_0000_0000n).add(y.mul(2));
  const run = build(wordPair, (body) => body.result(formula(body.parameter(0), body.parameter(1))));
  const expected = (x: bigint, y: bigint) =>
    BigInt.asIntN(64, (((x - y) << 3n) | (x >> 60n)) ^ 0xff00_0000_0000_0000n) + y * 2n;
  for (const [x, y] of [
    [7n, 2n],
    [-9n, 5n],
  ] as const) {
    assert.equal(run(x, y), BigInt.asIntN(64, expected(x, y)));
  }
});

test("a variable is assigned where it is set, and choose takes an i32 condition", () => {
  const run = build(wordPair, (body) => {
    const [x, y] = body.parameters(2);
    assert.ok(x && y);
    const larger = body.let(x.gtS(y).choose(x, y));
    x.set(0);
    body.if(
      larger.gtS(100),
      () => larger.set(larger.sub(100)),
      () => larger.set(larger.add(1000)),
    );
    body.result(larger.add(x));
  });
  assert.equal(run(130n, 7n), 30n);
  assert.equal(run(3n, 7n), 1007n);
});

test("blocks, memory, calls and tail calls", () => {
  const run = build({ parameters: ["i32", "i32"], results: ["i32"] }, (body, module) => {
    const [x, y] = [body.parameter(0), body.parameter(1)];
    const pair: Signature = { parameters: ["i32", "i32"], results: ["i32"] };
    const difference = module.addFunction(pair, (code) => {
      const inner = new Body(code);
      inner.result(inner.parameter(0).sub(inner.parameter(1)));
    });
    body.block((done) => {
      body.leaveIf(x.eq(0), done);
      body.store32(constant("i32", 16), call(difference, "i32", x, y));
    });
    body.returnCall(difference, load32(constant("i32", 16)), constant("i32", 1));
  });
  assert.equal(run(0, 5), -1);
  assert.equal(run(9, 5), 3);
});

test("operands of different types and unknown instructions are errors of the writer", () => {
  const word = constant("i32", 1);
  assert.throws(() => constant("i64", 1).add(word), /i64Add of i64 and i32/);
  assert.throws(
    () => build({ parameters: [], results: ["i32"] }, (body) => body.result(word.div(2))),
    /no instruction i32Div/,
  );
});
