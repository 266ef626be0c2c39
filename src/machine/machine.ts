/**
 * The hardware: one memory with hart contexts, translations, decoded code and frames, and the
 * interpreter over it. This is the implementation of platform.ts; the kernel sees no more.
 *
 * Hosted mode: contexts run in user mode, traps and translation misses come back to the caller.
 */

import { DecodedPages } from "./interpret/decoded.js";
import { type InterpreterExports, instantiate, type ModuleCache } from "./interpret/instantiate.js";
import {
  CONTEXT_BYTES,
  context as contextLayout,
  DECODED_PAGE_BYTES,
  LEAVING_BUDGET,
  LEAVING_EXIT,
  STATE_BYTES,
  state,
  TRANSLATION_BYTES,
} from "./interpret/layout.js";
import { Mmu } from "./mmu.js";
import {
  type Bus,
  type ContextId,
  EXIT_BUDGET,
  type Frame,
  PAGE_BYTES,
  type Platform,
  type PlatformHandlers,
  type SpaceId,
  WORD_PC,
} from "./platform.js";
import type { MachineProfile } from "./profile.js";
import { SPREAD_FACTOR } from "./spread.js";
import { TELL_DISTANCE } from "./translate/heat.js";
import type { TranslationStoreOf } from "./translate/kept.js";
import { Translations } from "./translate/translations.js";
import type { EngineFeatures } from "./wasm/features.js";

export type { ModuleCache } from "./interpret/instantiate.js";

export interface MachineOptions {
  /** Bytes of frames, a multiple of 64 KiB. */
  readonly ramBytes: number;
  readonly handlers: PlatformHandlers;
  readonly bus: Bus;
  /** How many hart contexts there can be at a time (default 16384), */
  readonly maximumContexts?: number;
  /** address spaces (default 16384), */
  readonly maximumSpaces?: number;
  /** spaces with cached translations (default 64), */
  readonly translationAreas?: number;
  /** frames with decoded code (default 2048; 32 KiB each). */
  readonly decodedPages?: number;
  /** Keeps the compiled interpreter for further machines of the same memory size. */
  readonly moduleCache?: ModuleCache;
  /** Whether hot code is translated (default true), */
  readonly translator?: boolean;
  /** how often a place must be come upon before (default 8; 0: when it is decoded, for tests), */
  readonly translateAfterSamples?: number;
  /** after how many instructions it is looked where execution is (default 32768), */
  readonly sampleInstructions?: number;
  /** bytes of modules that it may keep (default 64 MiB). */
  readonly translationBytes?: number;
  /** What was translated before and is kept for the next start, by what the engine has. */
  readonly translationStore?: TranslationStoreOf;
  /** What translated code may use of the engine (default: what it has). */
  readonly features?: EngineFeatures;
  /** Is told where execution is. */
  readonly profile?: MachineProfile | undefined;
}

/** Instructions after which guest code is entered anew: without a translator, and with one. */
const PART_INSTRUCTIONS = 1_000_000;
const SAMPLE_INSTRUCTIONS = 32_768;
/** A batch costs milliseconds: with 2 the start of a shell took a quarter longer. */
const TRANSLATE_AFTER_SAMPLES = 8;
const TRANSLATION_BYTES_MAX = 64 << 20;
const CONTEXTS = 16384;
const TRANSLATION_AREAS = 64;
const DECODED_PAGES = 2048;
const WASM_PAGE_BYTES = 65536;
/** In state.leaving: no region has been left since. */
const NOT_LEFT = -1;
/** Parts in translated code are longer: what follows a cut is interpreted up to the next region. */
const TRANSLATED_PARTS = 16;
const MEMORY_LIMIT_BYTES = 2 ** 32;

interface Regions {
  readonly contextsStart: number;
  readonly areasStart: number;
  readonly pagesStart: number;
  readonly framesStart: number;
  readonly totalBytes: number;
}

/** Lays the regions out one after the other; the frames end with the memory. */
function layRegions(ramBytes: number, contexts: number, areas: number, pages: number): Regions {
  const contextsStart = STATE_BYTES;
  const areasStart = contextsStart + contexts * CONTEXT_BYTES;
  const pagesStart = areasStart + areas * TRANSLATION_BYTES;
  const decodedEnd = pagesStart + pages * DECODED_PAGE_BYTES;
  const framesStart = Math.ceil(decodedEnd / WASM_PAGE_BYTES) * WASM_PAGE_BYTES;
  return { contextsStart, areasStart, pagesStart, framesStart, totalBytes: framesStart + ramBytes };
}

/** @throws when the sizes do not fit a WebAssembly memory */
function regionsOf(options: MachineOptions): Regions {
  const { ramBytes } = options;
  if (ramBytes <= 0 || ramBytes % WASM_PAGE_BYTES !== 0) {
    throw new Error(`ramBytes ${ramBytes} is not a positive multiple of ${WASM_PAGE_BYTES}`);
  }
  const areas = options.translationAreas ?? TRANSLATION_AREAS;
  const pages = options.decodedPages ?? DECODED_PAGES;
  // An instruction over a page's end needs two decoded pages at a time.
  if (areas < 1 || pages < 2) {
    throw new Error(`${areas} translation areas, ${pages} decoded pages are too few`);
  }
  const contexts = options.maximumContexts ?? CONTEXTS;
  const regions = layRegions(ramBytes, contexts, areas, pages);
  if (regions.totalBytes > MEMORY_LIMIT_BYTES) {
    throw new Error(`a machine of ${regions.totalBytes} bytes does not fit a memory of 4 GiB`);
  }
  return regions;
}

/** The size of the WebAssembly memory of a machine with default limits, in pages of 64 KiB. */
export function memoryPagesOf(ramBytes: number): number {
  return (
    layRegions(ramBytes, CONTEXTS, TRANSLATION_AREAS, DECODED_PAGES).totalBytes / WASM_PAGE_BYTES
  );
}

/**
 * Builds a machine. Machines share nothing (but an immutable compiled module, if given a cache).
 * @throws when the sizes do not fit a WebAssembly memory
 */
export function createMachine(options: MachineOptions): Machine {
  return new Machine(options);
}

/** The platform of hosted mode over one WebAssembly memory. */
export class Machine implements Platform {
  readonly ram: Uint8Array;
  readonly frameCount: number;
  readonly codeFrames: Uint8Array;
  readonly bus: Bus;
  readonly words: Int32Array;
  executedInstructions = 0;
  private readonly handlers: PlatformHandlers;
  private readonly regions: Regions;
  private readonly decoded: DecodedPages;
  private readonly mmu: Mmu;
  private readonly interpreter: InterpreterExports;
  /** Undefined: everything is interpreted. */
  readonly translations: Translations | undefined;
  /** Everything is translated when it is decoded. */
  private readonly isEager: boolean;
  private readonly partInstructions: number;
  private readonly profile: MachineProfile | undefined;
  private sampleCount = 0;
  /** Instructions until it is looked where execution is; counted over runs. */
  private untilSample: number;
  private readonly maximumContexts: number;
  private readonly spaceOfContext: Int32Array;
  private readonly contextIsUsed: Uint8Array;
  private readonly freeContexts: ContextId[] = [];
  private contextCount = 0;
  private partBudget = 0;
  private isRunning = false;
  private contextInUse = 0;
  private areaInUse = 0;

  constructor(options: MachineOptions) {
    const { ramBytes } = options;
    this.regions = regionsOf(options);
    this.maximumContexts = options.maximumContexts ?? CONTEXTS;
    const maximumSpaces = options.maximumSpaces ?? 16384;
    const areaCount = options.translationAreas ?? TRANSLATION_AREAS;
    const pageCount = options.decodedPages ?? DECODED_PAGES;
    const { areasStart, pagesStart, framesStart, totalBytes } = this.regions;
    const memoryPages = totalBytes / WASM_PAGE_BYTES;
    const memory = new WebAssembly.Memory({ initial: memoryPages, maximum: memoryPages });
    this.ram = new Uint8Array(memory.buffer, framesStart, ramBytes);
    this.frameCount = ramBytes / PAGE_BYTES;
    this.words = new Int32Array(memory.buffer);
    this.handlers = options.handlers;
    this.bus = options.bus;
    const common = { memory: memory.buffer, framesStart, frameCount: this.frameCount };
    this.decoded = new DecodedPages(
      { ...common, pagesStart, pageCount },
      (records) => this.mmu.forgetRecords(records),
      (records) => {
        this.mmu.noteCodeChange();
        this.translations?.forget(records);
      },
    );
    this.codeFrames = this.decoded.codeFrames;
    this.mmu = new Mmu(
      { ...common, areasStart, areaCount, maximumSpaces },
      options.handlers,
      this.decoded,
    );
    this.spaceOfContext = new Int32Array(this.maximumContexts).fill(-1);
    this.contextIsUsed = new Uint8Array(this.maximumContexts);
    this.isEager = options.translateAfterSamples === 0;
    this.interpreter = instantiate(memory, this.imports(), options.moduleCache);
    const isTranslating = options.translator ?? true;
    this.translations = isTranslating ? this.makeTranslations(memory, options) : undefined;
    this.words[state.tellDistance >>> 2] = this.isEager ? 1 : TELL_DISTANCE;
    this.profile = options.profile;
    const isSampled = isTranslating || options.profile !== undefined;
    this.partInstructions = isSampled
      ? (options.sampleInstructions ?? SAMPLE_INSTRUCTIONS)
      : PART_INSTRUCTIONS;
    this.untilSample = this.partInstructions;
  }

  createContext(): ContextId {
    let id = this.freeContexts.pop();
    if (id === undefined) {
      if (this.contextCount === this.maximumContexts) return -1;
      id = this.contextCount++;
    }
    const base = this.registersBase(id);
    this.words.fill(0, base, base + CONTEXT_BYTES / 4);
    this.spaceOfContext[id] = -1;
    this.contextIsUsed[id] = 1;
    return id;
  }

  destroyContext(id: ContextId): void {
    this.checkContext(id);
    this.contextIsUsed[id] = 0;
    this.freeContexts.push(id);
  }

  copyContext(from: ContextId, to: ContextId): void {
    this.checkContext(from);
    this.checkContext(to);
    const base = this.registersBase(from);
    this.words.copyWithin(this.registersBase(to), base, base + CONTEXT_BYTES / 4);
  }

  createSpace(): SpaceId {
    return this.mmu.createSpace();
  }

  destroySpace(space: SpaceId): void {
    this.mmu.destroySpace(space);
  }

  setSpace(id: ContextId, space: SpaceId): void {
    this.checkContext(id);
    this.spaceOfContext[id] = space;
  }

  invalidatePage(space: SpaceId, pageNumber: number): void {
    this.mmu.invalidatePage(space, pageNumber);
  }

  invalidateSpace(space: SpaceId): void {
    this.mmu.invalidateSpace(space);
  }

  invalidateCode(frame: Frame): void {
    this.decoded.release(frame);
  }

  run(id: ContextId, budgetInstructions: number): number {
    this.checkContext(id);
    if (!(budgetInstructions > 0 && budgetInstructions < 2 ** 31)) {
      throw new Error(`a budget of ${budgetInstructions} instructions is not in 1..2^31-1`);
    }
    if (this.isRunning) throw new Error("run was called by a handler of run");
    const address = this.contextAddress(id);
    this.refuseBareMode(address);
    const area = this.mmu.areaFor(this.spaceOfContext[id] ?? -1);
    this.clearReservation();
    this.isRunning = true;
    this.contextInUse = address;
    this.areaInUse = area;
    this.executedInstructions = 0;
    try {
      return this.runParts(address, budgetInstructions, area);
    } finally {
      this.isRunning = false;
    }
  }

  /** Hands what was translated to the store that it is kept in. */
  flushTranslations(): void {
    this.translations?.flush();
  }

  private makeTranslations(memory: WebAssembly.Memory, options: MachineOptions): Translations {
    return new Translations({
      memory,
      framesStart: this.regions.framesStart,
      interpreter: this.interpreter,
      decoded: this.decoded,
      recordsOf: (area, page) => this.mmu.recordsOf(area, page),
      threshold: options.translateAfterSamples ?? TRANSLATE_AFTER_SAMPLES,
      limitBytes: options.translationBytes ?? TRANSLATION_BYTES_MAX,
      features: options.features,
      store: options.translationStore,
    });
  }

  /** A part has ended at a preemption point: that is a place where execution often is. */
  private sample(address: number, area: number): void {
    const isTranslated = this.wasTranslated();
    this.untilSample = this.partInstructions;
    if (isTranslated && this.profile === undefined) this.untilSample *= TRANSLATED_PARTS;
    const base = (address >>> 2) + WORD_PC;
    const pc = (this.words[base] ?? 0) >>> 0;
    const page = (this.words[base + 1] ?? 0) * (2 ** 32 / PAGE_BYTES) + Math.floor(pc / PAGE_BYTES);
    const records = this.mmu.recordsOf(area, page);
    this.profile?.sampled(
      page * PAGE_BYTES + (pc % PAGE_BYTES),
      this.executedInstructions,
      isTranslated,
    );
    if (records !== 0) {
      this.translations?.sample(area, page, records, pc % PAGE_BYTES, isTranslated);
    }
    if (this.profile === undefined) this.translations?.settle();
    else this.settleMeasured(this.profile);
  }

  private settleMeasured(profile: MachineProfile): void {
    // A loop whose length divides the distance of samples would be seen at one place only.
    this.sampleCount++;
    const spread = Math.imul(this.sampleCount, SPREAD_FACTOR) >>> 0;
    this.untilSample -= spread % (this.partInstructions >>> 2);
    profile.enterTranslation();
    this.translations?.settle();
    profile.leaveTranslation();
  }

  /** Whether the part that has ended was left by translated code. */
  private wasTranslated(): boolean {
    const leaving = this.stateWord(state.leaving);
    return leaving === LEAVING_BUDGET || leaving === LEAVING_EXIT;
  }

  /**
   * The engine replaces a function by its optimised version only when it is entered, so a long run
   * is cut in parts. The cuts are preemption points: the run ends where it would have without.
   */
  private runParts(address: number, budgetInstructions: number, area: number): number {
    let exit: number;
    do {
      const left = budgetInstructions - this.executedInstructions;
      this.partBudget = Math.min(left, this.untilSample);
      const before = this.executedInstructions;
      this.words[state.leaving >>> 2] = NOT_LEFT;
      exit = this.interpreter.run(address, this.partBudget, area);
      this.executedInstructions = this.executedSince(this.stateWord(state.remaining));
      this.untilSample -= this.executedInstructions - before;
      if (this.untilSample <= 0) this.sample(address, area);
    } while (exit === EXIT_BUDGET && this.executedInstructions < budgetInstructions);
    return exit;
  }

  get trapCause(): number {
    return this.stateWord(state.trapCause);
  }

  get trapValueLow(): number {
    return this.stateWord(state.trapValue);
  }

  get trapValueHigh(): number {
    return this.stateWord(state.trapValue + 4);
  }

  registersBase(id: ContextId): number {
    return this.contextAddress(id) >>> 2;
  }

  private decodeAndTranslate(recordAddress: number): number {
    const isDecoded = this.decoded.decode(recordAddress);
    if (isDecoded !== 0) {
      const base = (this.contextInUse + contextLayout.recordDelta) >>> 2;
      const delta = ((this.words[base] ?? 0) >>> 0) + (this.words[base + 1] ?? 0) * 2 ** 32;
      const page = Math.floor((recordAddress + delta) / 8 / PAGE_BYTES);
      this.translations?.visit(this.areaInUse, page, recordAddress);
    }
    return isDecoded;
  }

  private imports() {
    return {
      translateData: this.mmu.translateData.bind(this.mmu),
      translateExecute: this.mmu.translateExecute.bind(this.mmu),
      decode: this.isEager
        ? this.decodeAndTranslate.bind(this)
        : this.decoded.decode.bind(this.decoded),
      visit: (area: number, page: number, recordAddress: number): void =>
        this.translations?.visit(area, page, recordAddress),
      called: (area: number, page: number, recordAddress: number): void =>
        this.translations?.called(area, page, recordAddress),
      learn: (handler: number, jumpRecord: number, distance: number): void =>
        this.translations?.learn(handler, jumpRecord, distance),
      missEntry: (entryRecord: number): void => this.translations?.missEntry(entryRecord),
      decodeAlone: this.decoded.decodeAlone.bind(this.decoded),
      decodeCrossing: this.decoded.decodeCrossing.bind(this.decoded),
      stored: (hostAddress: number, lengthBytes: number): void => {
        const offset = (hostAddress >>> 0) - this.regions.framesStart;
        const frame = Math.floor(offset / PAGE_BYTES);
        if (this.codeFrames[frame] === 1) {
          this.decoded.forgetBytes(frame, offset % PAGE_BYTES, lengthBytes);
        }
      },
      environmentCall: (contextAddress: number, remaining: number): number => {
        const id = (contextAddress - this.regions.contextsStart) / CONTEXT_BYTES;
        return this.handlers.environmentCall(id, this.executedSince(remaining));
      },
      timeTicks: (remaining: number): number =>
        this.handlers.timeTicks(this.executedSince(remaining)),
    };
  }

  /** A context that comes back to run has lost its LR reservation (Unprivileged, A). */
  private clearReservation(): void {
    this.words.fill(-1, state.reservation >>> 2, (state.reservation >>> 2) + 2);
  }

  /** Of the whole run, while a part of it has `remaining` instructions left. */
  private executedSince(remaining: number): number {
    return this.executedInstructions + this.partBudget - remaining;
  }

  private stateWord(offset: number): number {
    return this.words[offset >>> 2] ?? 0;
  }

  private contextAddress(id: ContextId): number {
    return this.regions.contextsStart + id * CONTEXT_BYTES;
  }

  /** The machine and supervisor modes need Sv39 and vectored traps, which are not there yet. */
  private refuseBareMode(address: number): void {
    const privilege = this.stateWord(address + contextLayout.privilege);
    if (privilege === 0) return;
    const mode = privilege === 3 ? "machine" : "supervisor";
    throw new Error(`bare mode is not supported yet: the context is in ${mode} mode`);
  }

  private checkContext(id: ContextId): void {
    if (this.contextIsUsed[id] !== 1) throw new Error(`there is no hart context ${id}`);
  }
}
