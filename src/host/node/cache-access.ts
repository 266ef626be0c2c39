/**
 * How the user's cache folder is used: what goes wrong there costs only time, and is told in one
 * line, the first time.
 */
export class CacheAccess {
  private hasFailed = false;

  /**
   * @param consequence of a failure, as "translations are not kept"
   * @param path what is used
   * @param report takes a line when something goes wrong
   */
  constructor(
    private readonly consequence: string,
    private readonly path: string,
    private readonly report: (line: string) => void,
  ) {}

  /** @returns what the action answers; undefined: it failed, or a file is not there */
  attempt<Result>(what: string, action: () => Result): Result | undefined {
    try {
      return action();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // Nothing was kept yet, or another process or the user has removed it.
      if (code === "ENOENT" || this.hasFailed) return undefined;
      this.hasFailed = true;
      this.report(`${this.consequence}: cannot ${what} ${this.path}: ${message}`);
      return undefined;
    }
  }
}
