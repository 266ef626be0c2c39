/**
 * Modules whose machine code is kept: what the engine has made of a module of regions (its
 * optimised code, which takes it far longer than anything else here) is handed to a store, and
 * taken back instead of a new module where the same regions are wanted again. A module is
 * described by its regions, which are kept themselves (kept.ts); nothing of it is used unless the
 * bytes that a region was made of are there.
 */

import type { Identity, KeptRegions } from "./kept.js";
import { buildRegions, functionName, NONE, type Part } from "./module.js";
import type { RegionCode } from "./region-code.js";

/** Machine code of modules, for one engine. What goes wrong costs only time: none of it throws. */
export interface CodeStore {
  /** How many functions of an instance the engine has optimised. */
  countOptimised(functions: readonly unknown[]): number;
  /**
   * Keeps what the engine has made of a module; some of it is optimised.
   * @param moduleBytes what it was made of
   * @returns its name; undefined: it is not kept
   */
  keep(module: WebAssembly.Module, moduleBytes: Uint8Array): Stored | undefined;
  /** @returns undefined: it is not there, damaged, or of another engine */
  load(name: string): WebAssembly.Module | undefined;
  remove(name: string): void;
}

export interface Stored {
  readonly name: string;
  /** With the module. */
  readonly sizeBytes: number;
}

/** A region of a module, and where it was. */
export interface KeptPart extends Part {
  /** Number of the virtual page where it begins. */
  readonly page: number;
}

/** A module that can be taken back. */
export interface KeptModule {
  readonly parts: readonly KeptPart[];
  readonly module: WebAssembly.Module;
  /** Of the module. */
  readonly sizeBytes: number;
  /** In `parts`: the region that was asked for. */
  readonly place: number;
}

/** What the store says of a module. */
export interface Description {
  readonly parts: readonly {
    /** Of the region. */
    readonly key: number;
    readonly check: number;
    readonly page: number;
    readonly isCopy: boolean;
    /** Number of a link, and what it means; others mean no region of the module. */
    readonly callees: readonly (readonly [number, number])[];
  }[];
  /** Of the module. */
  readonly sizeBytes: number;
  /** Of the machine's memory, 64 KiB each. */
  readonly memoryPages: number;
  readonly stored: Stored;
  /** Functions that were optimised. */
  readonly optimised: number;
  /** The name of what was kept of the same module before. */
  readonly instead: string | undefined;
}

/** A module that was taken back. The engine's objects may go when nothing of it stands any more. */
interface Loaded {
  readonly parts: readonly KeptPart[];
  readonly module: WeakRef<WebAssembly.Module>;
}

/** A module in use. */
interface Live {
  readonly parts: readonly KeptPart[];
  readonly module: WeakRef<WebAssembly.Module>;
  readonly exports: WeakRef<Record<string, unknown>>;
  readonly sizeBytes: number;
  /** What is kept of it already. */
  optimised: number;
  stored: Stored | undefined;
}

/** It is kept again when the engine has optimised so much more of it. */
const GROWTH = 1.25;
/** Modules made before that are not looked at any more, by their bytes. */
const LIVE_BYTES_MAX = 16 << 20;
/** Samples from one look at what was optimised to the next. */
const LOOK_SAMPLES = 64;

const nameOf = ({ key, check }: Identity): string => `${key}.${check}`;

export class KeptModules {
  /** By region. */
  private described: Map<string, Description[]> | undefined;
  private readonly loaded = new Map<Description, Loaded>();
  private readonly descriptionOf = new WeakMap<WebAssembly.Module, Description>();
  private readonly inUse = new WeakSet<WebAssembly.Module>();
  private live: Live[] = [];
  private liveBytes = 0;
  private samplesUntilLook = LOOK_SAMPLES;

  constructor(
    private readonly kept: KeptRegions,
    private readonly code: CodeStore | undefined,
    /** Of the machine's memory: what is kept for others does not fit. */
    private readonly memoryPages: number,
  ) {}

  sampled(): void {
    this.samplesUntilLook--;
  }

  /** The module kept last that has a region. */
  find(code: RegionCode): KeptModule | undefined {
    const identity = this.kept.identityOf(code);
    if (this.code === undefined || identity === undefined) return undefined;
    const candidates = this.descriptions().get(nameOf(identity)) ?? [];
    while (candidates.length > 0) {
      const description = candidates.at(-1) as Description;
      const loaded = this.load(description);
      const place =
        loaded?.parts.findIndex((one) => !one.isCopy && this.kept.isSame(one.code, code)) ?? NONE;
      if (loaded !== undefined && place !== NONE) return { ...loaded, place };
      candidates.pop();
    }
    return undefined;
  }

  /** A module is in use. */
  use(
    parts: readonly KeptPart[],
    module: WebAssembly.Module,
    exports: Record<string, unknown>,
    sizeBytes: number,
  ): void {
    if (this.code === undefined || this.inUse.has(module)) return;
    this.inUse.add(module);
    if (parts.some(({ code }) => this.kept.identityOf(code) === undefined)) return;
    const { optimised, stored } = this.descriptionOf.get(module) ?? { optimised: 0 };
    this.live.push({
      ...{ parts, sizeBytes, optimised, stored },
      ...{ module: new WeakRef(module), exports: new WeakRef(exports) },
    });
    this.liveBytes += sizeBytes;
    while (this.liveBytes > LIVE_BYTES_MAX) this.liveBytes -= this.live.shift()?.sizeBytes ?? 0;
  }

  /** Keeps the code of modules of which the engine has optimised more. */
  flush(): void {
    const { code } = this;
    if (code === undefined || this.samplesUntilLook > 0) return;
    this.samplesUntilLook = LOOK_SAMPLES;
    for (const one of this.live) {
      const [module, exports] = [one.module.deref(), one.exports.deref()];
      if (module === undefined || exports === undefined) continue;
      const functions = one.parts.map((_, place) => exports[functionName(place)]);
      const optimised = code.countOptimised(functions);
      if (optimised <= one.optimised * GROWTH) continue;
      one.optimised = optimised;
      const stored = code.keep(module, buildRegions(one.parts, this.memoryPages));
      if (stored === undefined) continue;
      const instead = one.stored?.name;
      if (instead !== undefined) code.remove(instead);
      one.stored = stored;
      this.kept.addModule({ ...this.describe(one), stored, optimised, instead });
    }
  }

  /** All modules were dropped. */
  forget(): void {
    this.live = [];
    this.liveBytes = 0;
    this.loaded.clear();
  }

  private descriptions(): Map<string, Description[]> {
    if (this.described !== undefined) return this.described;
    this.described = new Map();
    for (const description of this.kept.modules()) {
      if (description.memoryPages !== this.memoryPages) continue;
      for (const part of description.parts) {
        if (part.isCopy) continue;
        const name = nameOf(part);
        const same = this.described.get(name);
        if (same === undefined) this.described.set(name, [description]);
        else same.push(description);
      }
    }
    return this.described;
  }

  /** @returns undefined: a region is not kept any more */
  private partsOf({ parts }: Description): KeptPart[] | undefined {
    const found: KeptPart[] = [];
    for (const { key, check, page, isCopy, callees } of parts) {
      const code = this.kept.find(key, (one) => this.kept.identityOf(one)?.check === check);
      if (code === undefined) return undefined;
      const meant = new Map(callees);
      const all = code.links.map((_, number) => meant.get(number) ?? NONE);
      found.push({ code, isCopy, page, callees: all });
    }
    return found;
  }

  /** @returns undefined: it is of no use */
  private load(description: Description): Omit<KeptModule, "place"> | undefined {
    const { sizeBytes, stored } = description;
    const before = this.loaded.get(description);
    const parts = before?.parts ?? this.partsOf(description);
    const module = before?.module.deref() ?? (parts && this.code?.load(stored.name));
    if (parts === undefined || module === undefined) return undefined;
    this.loaded.set(description, { parts, module: new WeakRef(module) });
    this.descriptionOf.set(module, description);
    return { parts, module, sizeBytes };
  }

  private describe({
    parts,
    sizeBytes,
  }: Live): Pick<Description, "parts" | "sizeBytes" | "memoryPages"> {
    return {
      ...{ sizeBytes, memoryPages: this.memoryPages },
      parts: parts.map(({ code, page, isCopy, callees }) => ({
        ...(this.kept.identityOf(code) as Identity),
        ...{ page, isCopy },
        callees: [...callees.entries()].filter(([, callee]) => callee !== NONE),
      })),
    };
  }
}
