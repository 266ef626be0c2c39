/**
 * The answers of a file system whose tree nobody can change and whose nodes are never freed
 * (fs-dev, fs-pts, fs-proc): part of protocol.ts.
 */
import { EINVAL, ENODEV, EPERM } from "../../abi/errno.js";
import type { TaskId } from "../../kernel/calls.js";
import type { Result } from "../../kernel/protocol.js";
import { unsupported } from "./protocol-file-system.js";

export abstract class FixedTree {
  readonly allocate = unsupported;
  readonly findData = unsupported;
  readonly createUnnamed = unsupported;
  readonly getExtended = unsupported;
  readonly setExtended = unsupported;
  readonly listExtended = unsupported;
  readonly removeExtended = unsupported;
  readonly exists = unsupported;

  abstract root(caller: TaskId): Result;

  /** There is one instance only, without options. */
  mount(caller: TaskId, _options: number, optionsLength: number): Result {
    return optionsLength === 0 ? this.root(caller) : -EINVAL;
  }

  remount(_caller: TaskId, _root: number, _options: number, optionsLength: number): Result {
    return optionsLength === 0 ? 0 : -EINVAL;
  }

  unmount(): Result {
    return 0;
  }

  options(): Result {
    return 0;
  }

  create(..._words: number[]): Result {
    return -EPERM;
  }

  symlink(): Result {
    return -EPERM;
  }

  link(): Result {
    return -EPERM;
  }

  unlink(..._words: number[]): Result {
    return -EPERM;
  }

  rename(..._words: number[]): Result {
    return -EPERM;
  }

  truncate(): Result {
    return -EINVAL;
  }

  retain(..._words: number[]): Result {
    return 0;
  }

  release(..._words: number[]): Result {
    return 0;
  }

  /** Nothing here has pages. */
  object(): Result {
    return -ENODEV;
  }

  synchronize(): Result {
    return -EINVAL;
  }
}
