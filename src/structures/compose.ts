/**
 * Composition: from a structure's data to services that reach each other. The only place that
 * constructs services.
 */
import type { KernelCalls } from "../kernel/calls.js";
import { createDomain, type Domain, restrict } from "../kernel/domain.js";
import { createHandle } from "../kernel/handle.js";
import type { Kernel } from "../kernel/kernel.js";
import { type Port, proxy, type Sender } from "../kernel/port.js";
import type { ServiceEntry } from "../kernel/upcalls.js";
import { CATALOGUE, SERVICE_NAMES } from "./catalogue.js";
import type { Entry, Making, ServiceName, ServiceTypes } from "./service-types.js";
import type { Structure } from "./structure.js";
import type { Vdso } from "./vdso.js";

/** A fault to plant, for tests: the operation throws. */
export interface PlantedFault {
  readonly service: string;
  readonly operation: string;
}

export interface ComposeOptions {
  readonly copyingPorts: boolean;
  readonly faults: readonly PlantedFault[];
  readonly vdso: Vdso;
}

/** A service in place. */
export interface Placed {
  readonly name: ServiceName;
  readonly number: number;
  /** Undefined: in the kernel's own domain. */
  readonly domain: Domain | undefined;
  readonly port: Port<unknown> | undefined;
  readonly object: { readonly state: object };
  readonly calls: KernelCalls;
}

export interface Composition {
  readonly placed: ReadonlyMap<ServiceName, Placed>;
  /** A service as the kernel's own domain sees it. */
  service<N extends ServiceName>(name: N): ServiceTypes[N];
}

/** Makes the services of a structure, from the bottom up, and registers them with the kernel. */
export function compose(
  kernel: Kernel,
  structure: Structure,
  options: ComposeOptions,
): Composition {
  const placed = new Map<ServiceName, Placed>();
  const own = createHandle(kernel, 0);
  const domainOf = (name: ServiceName): number =>
    structure.domains.findIndex((domain) => domain.includes(name));
  const reach = (from: Placed | undefined, name: ServiceName): unknown => {
    const target = placed.get(name);
    if (target === undefined) throw new Error(`service ${name} is not below its caller`);
    const isSame = from !== undefined && domainOf(from.name) === domainOf(name);
    if (target.port === undefined || isSame) return target.object;
    const sender: Sender | undefined =
      from?.domain === undefined ? undefined : { domain: from.domain, calls: from.calls };
    return proxy(kernel, target.port, sender, own);
  };
  SERVICE_NAMES.forEach((name, number) => {
    const one = place(kernel, structure, options, name, number, domainOf(name), reach);
    placed.set(name, one);
  });
  for (const { name, number } of placed.values()) {
    const service = reach(undefined, name) as ServiceEntry["service"];
    kernel.services[number] = { name, service };
  }
  return {
    placed,
    service: <N extends ServiceName>(name: N) => reach(undefined, name) as ServiceTypes[N],
  };
}

function place(
  kernel: Kernel,
  structure: Structure,
  options: ComposeOptions,
  name: ServiceName,
  number: number,
  domainIndex: number,
  reach: (from: Placed | undefined, name: ServiceName) => unknown,
): Placed {
  const entry = CATALOGUE[name] as Entry<ServiceName>;
  if (domainIndex < 0) throw new Error(`${structure.name} has no domain for service ${name}`);
  const raw = createHandle(kernel, number);
  const domain = domainIndex === 0 ? undefined : createDomain(entry.manifest);
  const calls = domain === undefined ? raw : restrict(domain, raw);
  const self: Placed = {
    name,
    number,
    domain,
    port: undefined,
    object: { state: {} },
    calls,
  };
  const making: Making = {
    calls,
    below: <N extends ServiceName>(below: N) => reach(self, below) as ServiceTypes[N],
    number: (other) => SERVICE_NAMES.indexOf(other),
    vdso: options.vdso,
  };
  const object = entry.make(making);
  for (const fault of options.faults) {
    if (fault.service === name) plant(object, fault.operation);
  }
  const port: Port<unknown> | undefined =
    domain === undefined
      ? undefined
      : {
          protocol: entry.protocol as Port<unknown>["protocol"],
          domain,
          number,
          service: object,
          copying: options.copyingPorts,
          served: 0,
        };
  return { ...self, object, port };
}

/** Replaces an operation by one that throws. */
function plant(object: object, operation: string): void {
  const methods = object as Record<string, unknown>;
  if (typeof methods[operation] !== "function") {
    throw new Error(`there is no operation ${operation} to plant a fault in`);
  }
  methods[operation] = function plantedFault(): never {
    throw new Error(`planted fault in ${operation}`);
  };
}
