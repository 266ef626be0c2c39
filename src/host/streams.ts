/**
 * Ends of the worker's streams in the embedder's thread, as the Web's streams (which Node and
 * browsers share). Back-pressure goes through: what nobody reads stays in the guest, and a write
 * waits until the guest has taken what went before.
 */
import { SixfoldError } from "./errors.js";
import { KeptBytes } from "./kept-bytes.js";
import { STREAM_CREDIT_BYTES, type ToWorker } from "./messages.js";

/** Bytes kept here for a slow reader before the worker's credit is held back. */
const BUFFER_BYTES = 65_536;

type Send = (message: ToWorker, bytes?: Uint8Array) => void;

/** The first bytes of a stream. */
export interface Kept {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** More came than was to be kept. */
  readonly isTruncated: boolean;
}

/** Bytes that come from the worker. */
export class IncomingStream {
  readonly readable: ReadableStream<Uint8Array>;
  private controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  private untakenBytes = 0;
  /** Nobody reads: what comes is taken at once. */
  private isDrained = false;
  /** How much more is kept. */
  private keepBytes = 0;
  private isKeeping = false;
  private readonly keptBytes = new KeptBytes();
  private isTruncated = false;

  constructor(
    private readonly stream: number,
    private readonly send: Send,
  ) {
    this.readable = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.controller = controller;
        },
        pull: () => this.take(),
        cancel: () => {
          this.drain();
          this.send({ kind: "cancel", stream });
        },
      },
      { highWaterMark: BUFFER_BYTES, size: (chunk) => chunk?.byteLength ?? 0 },
    );
  }

  /** From now on the first bytes are kept, whoever reads them. */
  keep(limitBytes: number): void {
    this.keepBytes = limitBytes;
    this.isKeeping = limitBytes > 0;
  }

  /** Nobody will read: what comes is only kept. */
  drain(): void {
    this.isDrained = true;
    this.controller = undefined;
    this.take();
  }

  push(bytes: Uint8Array): void {
    this.untakenBytes += bytes.length;
    this.keepFirst(bytes);
    if (this.isDrained) {
      this.giveBack(bytes);
      return;
    }
    this.controller?.enqueue(bytes);
    if ((this.controller?.desiredSize ?? 0) > 0) this.take();
  }

  end(): void {
    this.controller?.close();
    this.controller = undefined;
  }

  /** The system is over: who reads learns why. */
  fail(error: SixfoldError): void {
    this.controller?.error(error);
    this.controller = undefined;
  }

  /** What was kept, as one; it is not kept any longer. */
  kept(): Kept {
    return { bytes: this.keptBytes.take(), isTruncated: this.isTruncated };
  }

  private keepFirst(bytes: Uint8Array): void {
    // A copy: a reader may do with its chunk what it likes, also transfer it.
    const part = bytes.subarray(0, this.keepBytes);
    this.keptBytes.append(part);
    this.keepBytes -= part.length;
    if (this.isKeeping && part.length < bytes.length) this.isTruncated = true;
  }

  /** Nobody reads these bytes: the worker uses their memory again, or sends no more of them. */
  private giveBack(bytes: Uint8Array): void {
    const { stream, untakenBytes: lengthBytes } = this;
    this.untakenBytes = 0;
    if (this.isTruncated || !this.isKeeping) {
      this.send({ kind: "drop", stream });
      return;
    }
    const buffer = bytes.buffer as ArrayBuffer;
    this.send({ kind: "taken", stream, lengthBytes, buffer }, bytes);
  }

  private take(): void {
    const lengthBytes = this.untakenBytes;
    if (lengthBytes === 0) return;
    this.untakenBytes = 0;
    this.send({ kind: "taken", stream: this.stream, lengthBytes });
  }
}

/** Bytes that go to the worker. What is written after the program's end is dropped. */
export class OutgoingStream {
  readonly writable: WritableStream<Uint8Array | string>;
  private underWayBytes = 0;
  private hasEnded = false;
  private resume: (() => void) | undefined;

  constructor(
    private readonly stream: number,
    private readonly send: Send,
  ) {
    this.writable = new WritableStream<Uint8Array | string>({
      write: (chunk) => this.write(bytesOf(chunk)),
      close: () => this.close(),
      abort: () => this.close(),
    });
  }

  taken(lengthBytes: number): void {
    this.underWayBytes -= lengthBytes;
    if (this.underWayBytes < STREAM_CREDIT_BYTES) this.release();
  }

  end(): void {
    this.hasEnded = true;
    this.release();
  }

  private async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length && !this.hasEnded; ) {
      // A copy, whatever kind of array it is: it is transferred.
      const part = new Uint8Array(bytes.subarray(done, done + STREAM_CREDIT_BYTES));
      done += part.length;
      this.underWayBytes += part.length;
      this.send({ kind: "input", stream: this.stream, bytes: part }, part);
      if (this.underWayBytes >= STREAM_CREDIT_BYTES) {
        await new Promise<void>((resolve) => {
          this.resume = resolve;
        });
      }
    }
  }

  private close(): void {
    if (!this.hasEnded) this.send({ kind: "input-end", stream: this.stream });
  }

  private release(): void {
    this.resume?.();
    this.resume = undefined;
  }
}

function bytesOf(chunk: Uint8Array | string): Uint8Array {
  if (typeof chunk === "string") return new TextEncoder().encode(chunk);
  if (chunk instanceof Uint8Array) return chunk;
  throw new SixfoldError("argument", "standard input takes text or bytes (Uint8Array)");
}
