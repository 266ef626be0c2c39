/**
 * An address space in a profile: where execution was seen in it, and which files its code is of.
 * The mappings are looked at when code is seen where none was known.
 */
import { PAGE_BYTES } from "../machine/platform.js";
import type { ProfileWeights } from "./profile-data.js";
import { noWeights, type ProgramRecord } from "./profile-programs.js";

/** Executable pages of a space: [startPage, endPage). */
export interface CodeMapping {
  readonly startPage: number;
  readonly endPage: number;
  /** As in ProfilePlace. */
  readonly file: string;
  /** The file's page that startPage shows; -1: there is no file. */
  readonly filePage: number;
}

const NO_CODE = "[anonymous]";
/** What makes code all the time is not worth looking at its mappings each time. */
const LOOKS_MAX = 64;

/** An address space that is there. */
export class SpaceRecord {
  /** Spent since the last sample. */
  readonly user: ProfileWeights = noWeights();
  private readonly known = new Map<number, ProfileWeights>();
  private mappings: readonly CodeMapping[] = [];
  private looksLeft = LOOKS_MAX;

  /** @param identity whatever no other space, before or after, has */
  constructor(
    readonly identity: object,
    readonly program: ProgramRecord,
    private readonly look: () => readonly CodeMapping[],
  ) {}

  /** Execution was seen at `pc`: what was spent since the last time belongs there. */
  sampled(pc: number, isTranslated: boolean): void {
    const { user } = this;
    let weights = this.known.get(pc);
    if (weights === undefined) {
      weights = this.placeOf(pc);
      this.known.set(pc, weights);
    }
    weights.milliseconds += user.milliseconds;
    if (isTranslated) weights.translatedMilliseconds += user.milliseconds;
    weights.instructions += user.instructions;
    user.milliseconds = 0;
    user.instructions = 0;
  }

  /** The space is gone. */
  retire(): void {
    const { rest } = this.program;
    rest.milliseconds += this.user.milliseconds;
    rest.instructions += this.user.instructions;
  }

  private placeOf(pc: number): ProfileWeights {
    const page = Math.floor(pc / PAGE_BYTES);
    const find = (): CodeMapping | undefined =>
      this.mappings.find(({ startPage, endPage }) => page >= startPage && page < endPage);
    let mapping = find();
    if (mapping === undefined && this.looksLeft > 0) {
      this.looksLeft--;
      this.mappings = this.look();
      mapping = find();
    }
    if (mapping === undefined) return this.program.at(NO_CODE, -1);
    const { file, filePage, startPage } = mapping;
    if (filePage < 0) return this.program.at(file, -1);
    return this.program.at(file, (filePage - startPage) * PAGE_BYTES + pc);
  }
}
