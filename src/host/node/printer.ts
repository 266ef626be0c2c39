/** The printer: what the guest writes to /dev/lp0 appears in a file of the host, as it comes. */
import { closeSync, openSync, writeSync } from "node:fs";
import { SixfoldError } from "../errors.js";
import type { Printer } from "../link.js";

const codeOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error));

export class PrinterFile implements Printer {
  private descriptor: number;

  /**
   * Opens the file, anew.
   * @param report takes a line when paper is out: what the guest prints then is lost
   * @throws SixfoldError "argument" when the file cannot be written
   */
  constructor(
    private readonly path: string,
    private readonly report: (line: string) => void,
  ) {
    try {
      this.descriptor = openSync(path, "w");
    } catch (error) {
      throw new SixfoldError("argument", `cannot write the printer file ${path}: ${codeOf(error)}`);
    }
  }

  write(bytes: Uint8Array): void {
    if (this.descriptor < 0) return;
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.descriptor, bytes, done);
      }
    } catch (error) {
      this.report(`printer: cannot write ${this.path}: ${codeOf(error)}`);
      this.close();
    }
  }

  close(): void {
    if (this.descriptor >= 0) closeSync(this.descriptor);
    this.descriptor = -1;
  }
}
