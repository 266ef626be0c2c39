/**
 * What a region calls: regions of its module directly, others by asking what is at an address. A
 * call leaves what was answered on the stack: where to go on, and what is left of the budget.
 */

import { CALL_DEPTH_MAX } from "../interpret/layout.js";
import { REGION, regionSignature } from "../interpret/regions.js";
import type { Signature } from "../wasm/opcodes.js";
import type { RegionEmitter } from "./emitter.js";
import type { Neighbours } from "./neighbours.js";
import { type Block, type Ending, pageOf, pagesOfBlock, type Step } from "./region.js";
import type { RegionContext } from "./region-context.js";

/** Callees that a call by register looks for before it asks where the address leads. */
export const CALLEES_MAX = 4;

/** What a region answers, as the type of a block: the only one of its kind in a region. */
export const answer: Readonly<Signature> = Object.freeze({
  parameters: Object.freeze([]),
  results: regionSignature.results,
});

export class CalleeWriter {
  constructor(
    private readonly region: RegionContext,
    private readonly neighbours: Neighbours,
    private readonly emitter: RegionEmitter,
  ) {}

  /** By a register: first what it was seen to call. */
  callLearnt(block: Block, { step, targets }: Extract<Ending, { kind: "callRegister" }>): void {
    const { code, locals } = this.region;
    const tried = targets.slice(0, CALLEES_MAX);
    for (const offset of tried) {
      code.localGet(locals.target);
      this.emitter.pushAddress(offset);
      code.i64Eq().if(answer);
      this.callKnown(block, offset);
      code.else();
    }
    if (this.region.learns(step.offset)) this.learn(step);
    this.callAtTarget();
    for (const _ of tried) code.end();
  }

  /** Directly if it is a region of the module, and that is what is there still. */
  callKnown(block: Block, offset: number): void {
    const { code } = this.region;
    const page = pageOf(offset);
    this.neighbours.pushIsCallee(offset);
    if (!pagesOfBlock(block).has(page)) {
      this.neighbours.pushIsElsewhere(page);
      code.i32Eqz().i32And();
    }
    code.hint(true).if(answer);
    this.pushArguments();
    code.callLinked(this.region.links.numberOf(["function", offset])).else();
    this.callAtTarget();
    code.end();
  }

  private callAtTarget(): void {
    this.pushArguments();
    this.region.code.callLinked(this.region.links.runtime("callAt"));
  }

  /**
   * Goes on at the address in `target`, outside of the region, and answers what is answered there:
   * so the regions that called this one are not left for a jump to another function.
   */
  goOnAtTarget(): void {
    const { code, locals } = this.region;
    code.localGet(REGION.depth).i32Const(CALL_DEPTH_MAX).i32LtU();
    code.hint(true).if(answer);
    this.callAtTarget();
    code.else().localGet(locals.target).localGet(REGION.remaining).end();
  }

  private pushArguments(): void {
    const { code, locals } = this.region;
    code.localGet(REGION.context).localGet(locals.target).localGet(REGION.remaining);
    code.localGet(REGION.area).localGet(REGION.depth).i32Const(1).i32Add();
  }

  /** Tells where the jump goes, for when the region is translated again. */
  learn(step: Step): void {
    const { code, locals } = this.region;
    code.globalGetLinked(this.region.links.numberOf(["own", 0]));
    this.neighbours.pushRecord(step.offset);
    code.localGet(locals.target);
    this.emitter.pushAddress(step.offset);
    code.i64Sub().i32WrapI64().callLinked(this.region.links.runtime("learn"));
  }
}
