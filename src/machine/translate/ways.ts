/**
 * The ways out of a region. What may have changed is put back on them. Those out of a block's midst
 * share their code: that of a later one puts back what was changed since the one before, and goes
 * on as that. All end where it is said where execution goes on.
 */

import { context, LEAVING_PLAIN, state } from "../interpret/layout.js";
import { REGION } from "../interpret/regions.js";
import type { CodeBuilder, Label } from "../wasm/code.js";
import type { BlockFlow } from "./flow.js";
import type { Block, Step } from "./region.js";
import { isEmpty, type RegisterSet, union, without } from "./register-set.js";
import type { Registers } from "./registers.js";

/** Ways out of one block: where the code begins that puts back what has changed. */
export interface Ways {
  /** By number of steps before. */
  readonly labels: ReadonlyMap<number, Label>;
  /** With all that the block changes. */
  readonly last: Label;
  /** What each puts back, the outermost first. */
  readonly changes: readonly RegisterSet[];
}

export class WayWriter {
  /** i32: bytes from the entry to where the region is left, and how (a LEAVING number). */
  private readonly distance: number;
  private readonly leaving: number;
  private exit: Label | undefined;

  /** @param entryOffset of the region */
  constructor(
    private readonly code: CodeBuilder,
    private readonly registers: Registers,
    private readonly entryOffset: number,
  ) {
    this.distance = code.local("i32");
    this.leaving = code.local("i32");
  }

  /** Where all has been put back. */
  get clean(): Label {
    if (this.exit === undefined) throw new Error("the region's function has not begun");
    return this.exit;
  }

  /** The blocks come next; `end` behind them. */
  begin(): void {
    this.exit = this.code.block();
  }

  /**
   * All has been put back; where to go on is `distance`, how `leaving`.
   * @param goOnAtTarget pushes the answer of what is at the address in a local
   * @param target that local, i64
   */
  end(target: number, goOnAtTarget: () => void): void {
    const { code } = this;
    code.unreachable().end();
    const pc = () => code.localGet(REGION.pc).localGet(this.distance).i64ExtendI32S().i64Add();
    code.localGet(this.leaving).i32Const(LEAVING_PLAIN).i32Eq().if();
    pc();
    code.localSet(target);
    goOnAtTarget();
    code.return().end();
    code.localGet(REGION.context);
    pc();
    code.i64Store(context.pc);
    code.i32Const(0).localGet(this.leaving).i32Store(state.leaving);
    code.i64Const(1).localGet(REGION.remaining);
  }

  /**
   * Opens the blocks behind which what a block has changed is put back: behind the outermost what
   * may be changed when it begins, behind each further one what was changed since.
   * @param canLeave whether the region may be left instead of a step
   */
  open(
    block: Block,
    { changed, changedAfter }: BlockFlow,
    canLeave: (step: Step) => boolean,
  ): Ways {
    const groups: { readonly change: RegisterSet; readonly places: number[] }[] = [];
    let known = changed;
    let before = changed;
    let group = { change: changed, places: [] as number[] };
    groups.push(group);
    for (const [index, step] of block.steps.entries()) {
      if (canLeave(step)) {
        const fresh = without(before, known);
        if (!isEmpty(fresh)) {
          known = union(known, fresh);
          group = { change: fresh, places: [] };
          groups.push(group);
        }
        group.places.push(index);
      }
      before = union(before, step.writes);
    }
    const rest = without(changedAfter, known);
    if (!isEmpty(rest)) groups.push({ change: rest, places: [] });
    const labels = new Map<number, Label>();
    let last: Label | undefined;
    for (const { places } of groups) {
      const label = this.code.block();
      for (const place of places) labels.set(place, label);
      last = label;
    }
    return { labels, last: last ?? this.clean, changes: groups.map(({ change }) => change) };
  }

  /** The block is written. */
  close({ changes }: Ways): void {
    for (const change of [...changes].reverse()) {
      this.code.end();
      this.registers.putBack(change);
    }
    this.code.br(this.clean);
  }

  /** Leaves the region for an offset; `way` puts back what may have changed. */
  leave(way: Label, offset: number, leaving: number): void {
    const { code } = this;
    code.i32Const(offset - this.entryOffset).localSet(this.distance);
    code.i32Const(leaving).localSet(this.leaving).br(way);
  }
}
