/**
 * Ends of the worker's streams in the embedder's thread, as the Web's streams (which Node and
 * browsers share). Back-pressure goes through: what nobody reads stays in the guest, and a write
 * waits until the guest has taken what went before.
 */
import { STREAM_CREDIT_BYTES, type ToWorker } from "./messages.js";

/** Bytes kept here for a slow reader before the worker's credit is held back. */
const BUFFER_BYTES = 65_536;

type Send = (message: ToWorker, bytes?: Uint8Array) => void;

/** Bytes that come from the worker. */
export class IncomingStream {
  readonly readable: ReadableStream<Uint8Array>;
  private controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  private untakenBytes = 0;
  private isCancelled = false;

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
          // A reader that left must not stop the guest: the rest is dropped.
          this.isCancelled = true;
          this.controller = undefined;
          this.take();
        },
      },
      { highWaterMark: BUFFER_BYTES, size: (chunk) => chunk?.byteLength ?? 0 },
    );
  }

  push(bytes: Uint8Array): void {
    this.untakenBytes += bytes.length;
    this.controller?.enqueue(bytes);
    if (this.isCancelled || (this.controller?.desiredSize ?? 0) > 0) this.take();
  }

  end(): void {
    this.controller?.close();
    this.controller = undefined;
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
  readonly writable: WritableStream<Uint8Array>;
  private underWayBytes = 0;
  private hasEnded = false;
  private resume: (() => void) | undefined;

  constructor(
    private readonly stream: number,
    private readonly send: Send,
  ) {
    this.writable = new WritableStream<Uint8Array>({
      write: (bytes) => this.write(bytes),
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
      const part = bytes.slice(done, done + STREAM_CREDIT_BYTES);
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
