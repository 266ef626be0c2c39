/**
 * Must show 5 of the first issue, its second half: every kind of manifest right (kernel call,
 * operation of a service, register, interrupt, grant) has an act that is refused and counted, and
 * one that is not.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { EFAULT, EPERM } from "../../src/abi/errno.js";
import { createHandle } from "../../src/kernel/handle.js";
import type { KernelCallName } from "../../src/kernel/manifest.js";
import { proxy } from "../../src/kernel/port.js";
import { CATALOGUE, SERVICE_NAMES } from "../../src/structures/catalogue.js";
import type { Placed } from "../../src/structures/compose.js";
import type { ServiceName } from "../../src/structures/service-types.js";
import { boot, bootOptions, program, skip } from "./programs.js";
import { type Prepared, prepare } from "./system.js";

type Call = (...words: number[]) => number;

async function microkernel(): Promise<Prepared> {
  return prepare(bootOptions("microkernel", await program("syscalls/uname/uname")));
}

function placed(prepared: Prepared, name: ServiceName): Placed {
  const found = prepared.system.composition.placed.get(name);
  assert.ok(found?.domain && found.port, `${name} has no domain of its own`);
  return found;
}

function refusalsOf(prepared: Prepared, name: ServiceName): Record<string, number> {
  return Object.fromEntries(prepared.system.refusals().get(name) ?? []);
}

describe("manifests", { skip }, () => {
  test("a whole run is refused nothing", async () => {
    const run = boot("microkernel", await program("syscalls/stress/mixture"));
    assert.equal(run.exitCode, 0);
    assert.deepEqual([...run.system.refusals()], []);
  });

  test("monolithic has no domains to refuse anything", async () => {
    const run = boot("monolithic", await program("syscalls/uname/uname"));
    assert.deepEqual([...run.system.refusals()], []);
  });

  test("a kernel call that is not listed", async () => {
    const prepared = await microkernel();
    for (const name of SERVICE_NAMES) {
      const { calls } = placed(prepared, name);
      const listed = new Set<string>(CATALOGUE[name].manifest.kernelCalls);
      const others = Object.keys(calls).filter((call) => !listed.has(call)) as KernelCallName[];
      assert.ok(others.length > 0, `${name} may make every kernel call`);
      const [first] = others;
      assert.ok(first);
      const act = calls[first] as unknown as Call;
      assert.equal(act(0, 0), -EPERM);
      assert.equal(act(0, 0), -EPERM);
      assert.deepEqual(refusalsOf(prepared, name), { [`kernel call ${first}`]: 2 });
    }
  });

  test("an operation of a service that is not listed", async () => {
    const prepared = await microkernel();
    const { kernel } = prepared.system;
    const own = createHandle(kernel, 0);
    const pipe = placed(prepared, "fs-tmpfs");
    const target = placed(prepared, "process");
    assert.ok(pipe.domain && target.port);
    const sender = { domain: pipe.domain, calls: pipe.calls };
    const client = proxy(kernel, target.port, sender, own) as Record<string, Call>;
    const served = target.port.served;
    assert.equal(client.kill?.(1, 1, 9), -EPERM);
    assert.deepEqual(refusalsOf(prepared, "fs-tmpfs"), { "operation process.kill": 1 });
    assert.equal(target.port.served, served, "the message arrived although it was refused");
  });

  test("a register that is not the driver's", async () => {
    const prepared = await microkernel();
    const { calls, domain } = placed(prepared, "virtio-console");
    const [own] = domain?.manifest.registers ?? [];
    assert.ok(own);
    assert.ok(calls.busLoad(own[0], 4) >= 0);
    const foreign = CATALOGUE["virtio-entropy"].manifest.registers[0]?.[0];
    assert.ok(foreign);
    assert.equal(calls.busLoad(foreign, 4), -EPERM);
    assert.equal(calls.busStore(foreign, 4, 1), -EPERM);
    const name = `register 0x${foreign.toString(16)}`;
    assert.deepEqual(refusalsOf(prepared, "virtio-console"), { [name]: 2 });
    assert.equal(calls.busLoad(own[0] + own[1] - 2, 4), -EPERM, "over the end of its registers");
  });

  test("an interrupt that is not the driver's", async () => {
    const prepared = await microkernel();
    const { calls } = placed(prepared, "virtio-entropy");
    const foreign = CATALOGUE["virtio-console"].manifest.interrupts[0];
    assert.ok(foreign !== undefined);
    assert.equal(calls.attachInterrupt(foreign), -EPERM);
    assert.deepEqual(refusalsOf(prepared, "virtio-entropy"), { [`interrupt ${foreign}`]: 1 });
  });

  test("memory of a task outside the message that is served", async () => {
    const prepared = await microkernel();
    const { calls } = placed(prepared, "file");
    const bytes = new Uint8Array(4);
    assert.equal(calls.copyIn(1, 0x10000, bytes, 0, 4), -EFAULT);
    assert.equal(calls.copyOut(1, 0x10000, bytes, 0, 4), -EFAULT);
    assert.deepEqual(refusalsOf(prepared, "file"), { "grant: copyIn": 1, "grant: copyOut": 1 });
  });
});
