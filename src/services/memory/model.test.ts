/**
 * Random operations on the memory service against a model that knows nothing of regions and frames:
 * each space is a map from page to protection, backing and one byte of content.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as abi from "../../abi/memory.js";
import { createRandom, randomWord } from "../../kernel/random.js";
import { FakeKernel } from "../testing/fake-frames.js";
import { Memory } from "./memory.js";
import type { Region } from "./state.js";

const { PAGE_BYTES } = abi;
const BASE_PAGE = 0x10000;
const PAGES = 48;
const OBJECT_PAGES = 20;
const SPACES_MAX = 4;

interface ModelPage {
  protection: number;
  shared: boolean;
  object: number;
  objectPage: number;
  /** A private page's own byte; undefined: still the object's, or zero. */
  own: number | undefined;
}
type ModelSpace = Map<number, ModelPage>;
interface ModelObject {
  pages: number;
  readonly bytes: Map<number, number>;
}

class Model {
  readonly kernel: FakeKernel;
  readonly memory: Memory;
  readonly spaces = new Map<number, ModelSpace>();
  readonly objects = new Map<number, ModelObject>();
  private readonly random;
  private nextTask = 2;
  readonly counts = new Map<string, number>();

  constructor(seed: number) {
    this.kernel = new FakeKernel(2048, seed);
    this.memory = new Memory(this.kernel.calls);
    this.random = createRandom(seed);
    this.kernel.addTask(1, 1);
    assert.ok(this.memory.createSpace(1) >= 0);
    this.kernel.endCall(1, true, this.memory);
    this.spaces.set(1, new Map());
    for (let i = 0; i < 3; i++) {
      const object = this.memory.createObject(0, OBJECT_PAGES * PAGE_BYTES);
      this.objects.set(object, { pages: OBJECT_PAGES, bytes: new Map() });
    }
  }

  below(limit: number): number {
    return randomWord(this.random) % limit;
  }

  pick<T>(items: Iterable<T>): T {
    const all = [...items];
    return all[this.below(all.length)] as T;
  }

  range(): { start: number; pages: number } {
    const start = BASE_PAGE + this.below(PAGES - 1);
    return { start, pages: 1 + this.below(Math.min(12, BASE_PAGE + PAGES - start)) };
  }

  step(): void {
    const kinds = ["map", "unmap", "protect", "touch", "touch", "touch", "advise", "move"] as const;
    const rare = ["fork", "leave", "truncate", "write", "refused"] as const;
    const kind = this.below(5) === 0 ? this.pick(rare) : this.pick(kinds);
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    const task = this.pick(this.spaces.keys());
    this[kind](task, this.spaces.get(task) as ModelSpace);
    this.kernel.beginCall(task);
  }

  private map(task: number, space: ModelSpace): void {
    const { start, pages } = this.range();
    const protection = this.below(8);
    const shared = this.below(3) === 0;
    const object = this.below(2) === 0 || shared ? this.pick(this.objects.keys()) : -1;
    const objectPage = object < 0 ? 0 : this.below(OBJECT_PAGES);
    const flags = (shared ? abi.MAP_SHARED : abi.MAP_PRIVATE) | abi.MAP_FIXED;
    const address = start * PAGE_BYTES;
    const offset = objectPage * PAGE_BYTES;
    const result = this.memory.map(
      task,
      address,
      pages * PAGE_BYTES - this.below(PAGE_BYTES),
      protection,
      flags,
      object,
      offset,
    );
    assert.equal(result, address);
    for (let i = 0; i < pages; i++) {
      const own = object < 0 ? 0 : undefined;
      space.set(start + i, { protection, shared, object, objectPage: objectPage + i, own });
    }
  }

  private unmap(task: number, space: ModelSpace): void {
    const { start, pages } = this.range();
    assert.equal(this.memory.unmap(task, start * PAGE_BYTES, pages * PAGE_BYTES), 0);
    for (let i = 0; i < pages; i++) space.delete(start + i);
  }

  private protect(task: number, space: ModelSpace): void {
    const { start, pages } = this.range();
    const protection = this.below(8);
    const result = this.memory.protect(task, start * PAGE_BYTES, pages * PAGE_BYTES, protection);
    let expected = 0;
    for (let page = start; page < start + pages; page++) {
      const entry = space.get(page);
      if (entry === undefined) {
        expected = -12;
        break;
      }
      entry.protection = protection;
    }
    assert.equal(result, expected);
  }

  private advise(task: number, space: ModelSpace): void {
    const { start, pages } = this.range();
    const result = this.memory.advise(task, start * PAGE_BYTES, pages * PAGE_BYTES, 4);
    let hole = false;
    for (let page = start; page < start + pages; page++) {
      const entry = space.get(page);
      if (entry === undefined) hole = true;
      else if (!entry.shared) entry.own = entry.object < 0 ? 0 : undefined;
    }
    assert.equal(result, hole ? -12 : 0);
  }

  /** Moves a run of alike pages to another place with mremap. */
  private move(task: number, space: ModelSpace): void {
    const { start, pages } = this.range();
    const target = BASE_PAGE + 2 * PAGES + this.below(PAGES);
    const state = this.spaceState(task);
    const fits = state.regions.some((r) => r.startPage <= start && start + pages <= r.endPage);
    const result = this.memory.remap(
      task,
      start * PAGE_BYTES,
      pages * PAGE_BYTES,
      pages * PAGE_BYTES,
      abi.MREMAP_MAYMOVE | abi.MREMAP_FIXED,
      target * PAGE_BYTES,
    );
    if (!fits) {
      assert.equal(result, -14);
      return;
    }
    assert.equal(result, target * PAGE_BYTES);
    for (let i = 0; i < pages; i++) space.delete(target + i);
    for (let i = 0; i < pages; i++) {
      space.set(target + i, space.get(start + i) as ModelPage);
      space.delete(start + i);
    }
  }

  private touch(task: number, space: ModelSpace): void {
    const far = this.below(4) === 0 ? 2 * PAGES : 0;
    const page = BASE_PAGE + far + this.below(PAGES);
    const access = this.pick([1, 2, 4]);
    const entry = space.get(page);
    const result = this.memory.fault(task, page, access);
    assert.equal(result, this.expectedFault(entry, access), `page ${page} access ${access}`);
    if (result !== 0 || entry === undefined) return;
    this.check(task, page, entry);
    if (access !== 2) return;
    const byte = 1 + this.below(255);
    const bytes = new Uint8Array([byte]);
    assert.equal(this.kernel.calls.copyOut(task, page * PAGE_BYTES + 7, bytes, 0, 1), 0);
    if (entry.shared) this.objects.get(entry.object)?.bytes.set(entry.objectPage, byte);
    else entry.own = byte;
  }

  private expectedFault(entry: ModelPage | undefined, access: number): number {
    if (entry === undefined) return -14;
    const { protection } = entry;
    const granted = (protection & 2) !== 0 ? protection | 1 : protection;
    if ((granted & access) === 0) return -13;
    if (entry.own !== undefined) return 0;
    const object = this.objects.get(entry.object) as ModelObject;
    return entry.objectPage < object.pages ? 0 : -5;
  }

  private check(task: number, page: number, entry: ModelPage): void {
    const shown = this.objects.get(entry.object)?.bytes.get(entry.objectPage) ?? 0;
    const found = this.kernel.spaces.mapping(this.spaceState(task).id, page);
    const byte = this.kernel.platform.ram[(found >> 3) * PAGE_BYTES + 7];
    assert.equal(byte, entry.own ?? shown, `content of page ${page} of task ${task}`);
  }

  private fork(task: number, space: ModelSpace): void {
    if (this.spaces.size >= SPACES_MAX) return;
    const child = this.nextTask++;
    this.kernel.addTask(child, child);
    for (let runs = 1 + this.below(2); runs > 0; runs--) {
      assert.equal(this.memory.fork(task, child, 0), 0);
    }
    const succeeded = this.below(3) !== 0;
    this.kernel.endCall(task, succeeded, this.memory);
    if (!succeeded) {
      this.kernel.tasks.delete(child);
      return;
    }
    const copy: ModelSpace = new Map();
    for (const [page, entry] of space) copy.set(page, { ...entry });
    this.spaces.set(child, copy);
  }

  private leave(task: number): void {
    if (task === 1) return;
    assert.equal(this.memory.leave(task), 0);
    assert.equal(this.memory.leave(task), 0);
    this.spaces.delete(task);
  }

  private truncate(): void {
    const id = this.pick(this.objects.keys());
    const object = this.objects.get(id) as ModelObject;
    object.pages = this.below(OBJECT_PAGES + 1);
    assert.equal(this.memory.truncateObject(0, id, object.pages * PAGE_BYTES), 0);
    for (const page of object.bytes.keys()) if (page >= object.pages) object.bytes.delete(page);
    for (const space of this.spaces.values()) {
      for (const entry of space.values()) {
        const gone = entry.object === id && entry.objectPage >= object.pages;
        if (gone && !entry.shared) entry.own = undefined;
      }
    }
  }

  private write(task: number): void {
    const id = this.pick(this.objects.keys());
    const object = this.objects.get(id) as ModelObject;
    const page = this.below(OBJECT_PAGES);
    const byte = 1 + this.below(255);
    const source = this.kernel.scratch(task, new Uint8Array([byte]));
    assert.equal(this.memory.writeObject(task, id, page * PAGE_BYTES + 7, source, 1), 1);
    object.bytes.set(page, byte);
    // The page is there as a whole only if the size says so: keep sizes in whole pages.
    object.pages = Math.max(object.pages, page + 1);
    this.memory.truncateObject(task, id, object.pages * PAGE_BYTES);
  }

  private refused(task: number): void {
    const address = BASE_PAGE * PAGE_BYTES + 1;
    const length = PAGE_BYTES;
    assert.equal(this.memory.map(task, address, length, 3, 0x12, -1, 0), -22);
    assert.equal(this.memory.map(task, address - 1, 0, 3, 0x12, -1, 0), -22);
    assert.equal(this.memory.unmap(task, address, length), -22);
    assert.equal(this.memory.protect(task, address, length, 3), -22);
  }

  spaceState(task: number) {
    const id = this.kernel.task(task).attributes.get(12) as number;
    const space = this.memory.state.spaces.get(id);
    assert.ok(space !== undefined);
    return space;
  }

  /** Regions are those of the model, sorted, merged; counts and references agree. */
  checkAll(): void {
    const expected = new Map<number, number>();
    const reference = (frame: number): void => {
      expected.set(frame, (expected.get(frame) ?? 0) + 1);
    };
    if (this.memory.state.zeroFrame >= 0) reference(this.memory.state.zeroFrame);
    const regionsOf = new Map<number, number>();
    for (const [task, model] of this.spaces) {
      const space = this.spaceState(task);
      const mappings = this.kernel.spaces.state.spaces.get(space.id);
      for (const { frame } of mappings?.tables.values() ?? []) reference(frame);
      this.checkRegions(space.regions, model);
      assert.equal(space.pages, model.size);
      for (const region of space.regions) {
        regionsOf.set(region.object, (regionsOf.get(region.object) ?? 0) + 1);
      }
      for (const [page, entry] of model) {
        const mapping = this.kernel.spaces.mapping(space.id, page);
        if (mapping < 0) continue;
        reference(mapping >> 3);
        const granted = (entry.protection & 2) !== 0 ? entry.protection | 1 : entry.protection;
        assert.equal(mapping & 7 & ~granted, 0, "no more than the region permits");
        if (granted !== 0) this.check(task, page, entry);
      }
    }
    for (const object of this.memory.state.objects.values()) {
      for (const frame of object.frames.values()) reference(frame);
      assert.equal(object.references, 1 + (regionsOf.get(object.id) ?? 0));
      const regions = [...object.spaces.values()].reduce((sum, count) => sum + count, 0);
      assert.equal(regions, regionsOf.get(object.id) ?? 0);
    }
    const { references, freeCount } = this.kernel.frames.state;
    references.forEach((count, frame) => {
      assert.equal(count, expected.get(frame) ?? 0, `references of frame ${frame}`);
    });
    assert.equal(freeCount, this.kernel.platform.frameCount - expected.size);
    assert.equal(this.memory.state.spaces.size, this.spaces.size);
    assert.equal(this.memory.state.pending.size, 0);
  }

  private checkRegions(regions: readonly Region[], model: ModelSpace): void {
    let pages = 0;
    let before: Region | undefined;
    for (const region of regions) {
      assert.ok(region.startPage < region.endPage);
      assert.ok(before === undefined || before.endPage <= region.startPage);
      before = region;
      for (let page = region.startPage; page < region.endPage; page++) {
        const entry = model.get(page);
        assert.ok(entry !== undefined, `page ${page} is in a region`);
        assert.equal(region.protection, entry.protection);
        assert.equal(region.object, entry.object);
        if (entry.object >= 0) {
          assert.equal(region.objectPage + page - region.startPage, entry.objectPage);
        }
        pages++;
      }
    }
    assert.equal(pages, model.size);
  }
}

function run(seed: number, steps: number): Model {
  const model = new Model(seed);
  try {
    for (let i = 0; i < steps; i++) {
      model.step();
      if (i % 16 === 0) model.checkAll();
    }
    model.checkAll();
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new Error(`SIXFOLD_SEED=${seed} repeats it: ${why}`, { cause: error });
  }
  return model;
}

test("random operations agree with a model of pages", (context) => {
  const given = process.env.SIXFOLD_SEED;
  const first = given === undefined ? Date.now() % 2 ** 31 : Number(given);
  context.diagnostic(`first seed ${first}`);
  const counts = new Map<string, number>();
  for (let i = 0; i < 20; i++) {
    for (const [kind, count] of run(first + i, 800).counts) {
      counts.set(kind, (counts.get(kind) ?? 0) + count);
    }
  }
  assert.equal(counts.size, 11);
  for (const [kind, count] of counts) assert.ok(count > 0, kind);
});
