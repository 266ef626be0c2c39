/**
 * What lies around a region: the pages beside its own, which must be those that it was translated
 * with, and the regions that it calls.
 */

import { RECORD_BYTES, translation } from "../interpret/layout.js";
import { REGION } from "../interpret/regions.js";
import { PAGE_BYTES } from "../platform.js";
import type { CodeBuilder } from "../wasm/code.js";
import type { Callee, Linkage, Placed } from "./module.js";
import { pageOf } from "./region.js";

export class Neighbours {
  constructor(
    private readonly code: CodeBuilder,
    private readonly placed: Placed,
    private readonly link: Linkage,
    /** i32 */
    private readonly scratch: number,
  ) {}

  /** Address of the record of an offset in a page that is known. */
  recordOf(offset: number): number {
    const page = pageOf(offset);
    const records = this.placed.recordsOf(page) ?? 0;
    return records + ((offset - page * PAGE_BYTES) >>> 1) * RECORD_BYTES;
  }

  /** The region of the module that begins at an offset. */
  calleeAt(offset: number): Callee | undefined {
    const isKnown = this.placed.recordsOf(pageOf(offset)) !== undefined;
    return isKnown ? this.link.callee(this.recordOf(offset)) : undefined;
  }

  /** Pushes whether a page beside the entry's has other records than when this was translated. */
  pushIsElsewhere(page: number): void {
    const { code, scratch } = this;
    const number = () => {
      code
        .localGet(REGION.pc)
        .i64Const(page * PAGE_BYTES - this.placed.region.entry)
        .i64Add();
      code.i64Const(12).i64ShrU();
    };
    number();
    code
      .i32WrapI64()
      .i32Const(translation.executeEntries - 1)
      .i32And();
    code.i32Const(4).i32Shl().localGet(REGION.area).i32Add().localTee(scratch);
    code.i64Load32S(translation.execute);
    number();
    code.i64Ne();
    code.localGet(scratch).i32Load(translation.execute + translation.records);
    code
      .i32Const(this.placed.recordsOf(page) ?? 0)
      .i32Ne()
      .i32Or();
  }
}
