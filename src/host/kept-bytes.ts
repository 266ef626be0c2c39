/// <reference lib="es2024.arraybuffer" />
/**
 * Bytes that are kept until somebody asks for all of them as one array. They are in blocks whose
 * memory is given back while that array is filled, not when the engine next looks for garbage: so
 * at no time are they there twice.
 */

const BLOCK_BYTES = 2 ** 20;
const BLOCK_FIRST_BYTES = 4096;

export class KeptBytes {
  /** All but the last are full. */
  private readonly blocks: ArrayBuffer[] = [];
  private lengthBytes = 0;

  /** Copies. */
  append(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const used = this.lengthBytes % BLOCK_BYTES;
      const part = bytes.subarray(done, done + BLOCK_BYTES - used);
      new Uint8Array(this.blockFor(used, part.length)).set(part, used);
      done += part.length;
      this.lengthBytes += part.length;
    }
  }

  /** @returns everything that was appended, which is forgotten */
  take(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.lengthBytes);
    for (const [index, block] of this.blocks.entries()) {
      const at = index * BLOCK_BYTES;
      bytes.set(new Uint8Array(block, 0, Math.min(block.byteLength, bytes.length - at)), at);
      block.resize(0);
    }
    this.blocks.length = 0;
    this.lengthBytes = 0;
    return bytes;
  }

  /** The block that goes on at `usedBytes`, with room for so many more. */
  private blockFor(usedBytes: number, lengthBytes: number): ArrayBuffer {
    const neededBytes = usedBytes + lengthBytes;
    const last = usedBytes === 0 ? undefined : this.blocks.at(-1);
    if (last === undefined) {
      const roomBytes = Math.max(neededBytes, BLOCK_FIRST_BYTES);
      const block = new ArrayBuffer(roomBytes, { maxByteLength: BLOCK_BYTES });
      this.blocks.push(block);
      return block;
    }
    if (last.byteLength < neededBytes) {
      last.resize(Math.min(BLOCK_BYTES, Math.max(neededBytes, 2 * last.byteLength)));
    }
    return last;
  }
}
