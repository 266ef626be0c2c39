/**
 * What a call to a service costs: the object itself (monolithic), and a message through a port with
 * its rights check (microkernel), in one thread. `npx tsx benchmarks/port.ts`.
 */
import { fileURLToPath } from "node:url";
import type { KernelCalls } from "../src/kernel/calls.js";
import { createDomain } from "../src/kernel/domain.js";
import type { Kernel } from "../src/kernel/kernel.js";
import type { Manifest } from "../src/kernel/manifest.js";
import { type Port, proxy } from "../src/kernel/port.js";
import { operation, protocol, type Result, word } from "../src/kernel/protocol.js";
import { median, short, table } from "./statistics.js";

const callsPerRound = 2_000_000;
const rounds = 9;

interface Echo {
  add(caller: number, left: number, right: number): Result;
}

const echoProtocol = protocol<Echo>("echo", { add: operation(1, "query", word, word) });

class EchoService implements Echo {
  readonly state = { calls: 0 };

  add(_caller: number, left: number, right: number): Result {
    this.state.calls++;
    return (left + right) | 0;
  }
}

function manifest(service: string, services: Manifest["services"]): Manifest {
  return { service, kernelCalls: [], services, registers: [], interrupts: [] };
}

/** A query for task 0 uses neither the kernel nor its calls on the way through the port. */
const unusedKernel = {} as Kernel;
const unusedCalls = {} as KernelCalls;

function echoPort(): Port<Echo> {
  return {
    protocol: echoProtocol,
    domain: createDomain(manifest("echo", {})),
    number: 1,
    service: new EchoService(),
    copying: false,
    served: 0,
  };
}

function nanosecondsPerCall(echo: Echo): number {
  const start = process.hrtime.bigint();
  let sum = 0;
  for (let index = 0; index < callsPerRound; index++) sum = echo.add(0, sum, index);
  if (!Number.isInteger(sum)) throw new Error("the service answered nonsense");
  return Number(process.hrtime.bigint() - start) / callsPerRound;
}

/** Medians in nanoseconds per call, by kind of call; the kinds take turns. */
export function measurePort(): ReadonlyMap<string, number> {
  const sender = {
    domain: createDomain(manifest("client", { echo: ["add"] })),
    calls: unusedCalls,
  };
  const kinds = new Map<string, Echo>([
    ["the object itself", new EchoService()],
    ["a message from the kernel's domain", proxy(unusedKernel, echoPort(), undefined, unusedCalls)],
    [
      "a message from a domain, rights checked",
      proxy(unusedKernel, echoPort(), sender, unusedCalls),
    ],
  ]);
  const times = new Map([...kinds.keys()].map((name): [string, number[]] => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, echo] of kinds) times.get(name)?.push(nanosecondsPerCall(echo));
  }
  return new Map([...times].map(([name, values]) => [name, median(values)]));
}

/** The rows of `measurePort` as a table. */
export function portTable(): string {
  const rows = [...measurePort()].map(([name, value]) => [name, `${short(value)} ns`]);
  return table([["a call to a service is", "median"], ...rows]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(portTable());
