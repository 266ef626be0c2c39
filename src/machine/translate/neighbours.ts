/**
 * What lies around a region: the pages beside its own, which must be those that it was put beside,
 * and the regions that it calls.
 */

import { record, translation } from "../interpret/layout.js";
import { REGION } from "../interpret/regions.js";
import { PAGE_BYTES } from "../platform.js";
import type { CodeBuilder } from "../wasm/code.js";
import type { Links } from "./links.js";

export class Neighbours {
  constructor(
    private readonly code: CodeBuilder,
    /** Offset of the region's entry. */
    private readonly entry: number,
    private readonly links: Links,
    /** i32 */
    private readonly scratch: number,
  ) {}

  /** Pushes the address of the record of an offset. */
  pushRecord(offset: number): void {
    this.code.globalGetLinked(this.links.numberOf(["record", offset]));
  }

  /** Pushes whether the module has a region for an offset, and it is what begins there still. */
  pushIsCallee(offset: number): void {
    const { code, links } = this;
    // The record has another handler once the callee's code has changed.
    this.pushRecord(offset);
    code.i32Load16U(record.handler);
    code.globalGetLinked(links.numberOf(["handler", offset])).i32Eq();
  }

  /** Pushes whether a page beside the entry's has other records than those of the module. */
  pushIsElsewhere(page: number): void {
    const { code, scratch } = this;
    const number = () => {
      code
        .localGet(REGION.pc)
        .i64Const(page * PAGE_BYTES - this.entry)
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
      .globalGetLinked(this.links.numberOf(["records", page]))
      .i32Ne()
      .i32Or();
  }
}
