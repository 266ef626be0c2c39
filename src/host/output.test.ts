/** Output on its way to the embedder: all of it comes, once, and in few pieces. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { KeptBytes } from "./kept-bytes.js";
import type { FromWorker, ToWorker } from "./messages.js";
import { Output } from "./output.js";
import { IncomingStream } from "./streams.js";

const STREAM = 2;

/** Both ends of a stream, with what an engine does to what is transferred. */
function joined() {
  const counts = { posted: 0, drops: 0, buffers: new Set<number>() };
  const incoming = new IncomingStream(STREAM, (message: ToWorker) => {
    if (message.kind === "drop") {
      counts.drops++;
      output.drop(STREAM);
    } else if (message.kind === "taken") {
      const { buffer } = message;
      const moved = buffer === undefined ? buffer : structuredClone(buffer, { transfer: [buffer] });
      output.taken(STREAM, message.lengthBytes, moved);
    }
  });
  const output = new Output((message: FromWorker) => {
    assert.ok(message.kind === "output");
    counts.posted++;
    counts.buffers.add(message.bytes.buffer.byteLength);
    incoming.push(structuredClone(message.bytes, { transfer: [message.bytes.buffer] }));
  });
  return { counts, incoming, output };
}

/** `count` bytes that are all different from their neighbours. */
const pattern = (count: number, from = 0): Uint8Array =>
  Uint8Array.from({ length: count }, (_, index) => (from + index) % 251);

describe("kept bytes", () => {
  test("are one array of what was appended, and then no more", () => {
    const kept = new KeptBytes();
    let length = 0;
    for (const count of [1, 0, 4095, 3, 70_000, 2 ** 20 - 5, 2 ** 21, 17]) {
      kept.append(pattern(count, length));
      length += count;
    }
    assert.deepEqual(Buffer.compare(kept.take(), pattern(length)), 0);
    assert.equal(kept.take().length, 0);
    kept.append(pattern(5));
    assert.deepEqual(kept.take(), pattern(5));
  });
});

describe("output of a run", () => {
  test("arrives whole, in buffers that go round", () => {
    const { counts, incoming, output } = joined();
    incoming.keep(1e9);
    incoming.drain();
    let length = 0;
    for (let round = 0; round < 200; round++) {
      for (const count of [1000, 7, round]) {
        assert.equal(output.write(STREAM, pattern(count, length), true), count);
        length += count;
      }
      output.flush();
    }
    assert.equal(counts.posted, 200);
    assert.ok(counts.buffers.size <= 4, `${counts.buffers.size} sizes of buffers`);
    const { bytes, isTruncated } = incoming.kept();
    assert.equal(Buffer.compare(bytes, pattern(length)), 0);
    assert.equal(isTruncated, false);
  });

  test("that nobody wants any more is not sent", () => {
    const { counts, incoming, output } = joined();
    incoming.keep(2500);
    incoming.drain();
    for (let round = 0; round < 50; round++) {
      assert.equal(output.write(STREAM, pattern(1000, round * 1000), true), 1000);
      output.flush();
    }
    assert.deepEqual([counts.posted, counts.drops], [3, 1]);
    assert.equal(output.isOverfull(), false);
    const { bytes, isTruncated } = incoming.kept();
    assert.deepEqual(bytes, pattern(2500));
    assert.equal(isTruncated, true);
  });

  test("of just as many bytes as are kept is not truncated", () => {
    const { incoming, output } = joined();
    incoming.keep(1000);
    incoming.drain();
    output.write(STREAM, pattern(1000), true);
    output.flush();
    assert.equal(incoming.kept().isTruncated, false);
  });

  test("that is not kept at all is not sent on", () => {
    const { counts, incoming, output } = joined();
    incoming.drain();
    for (let round = 0; round < 5; round++) {
      assert.equal(output.write(STREAM, pattern(100), true), 100);
      output.flush();
    }
    assert.deepEqual([counts.posted, counts.drops], [1, 1]);
  });

  test("that is read has memory of its own length", async () => {
    const { counts, incoming, output } = joined();
    incoming.keep(10);
    output.write(STREAM, pattern(100), true);
    output.flush();
    const { value } = await incoming.readable.getReader().read();
    assert.equal(value?.buffer.byteLength, 100);
    assert.deepEqual(incoming.kept(), { bytes: pattern(10), isTruncated: true });
    assert.equal(counts.drops, 0);
  });
});
