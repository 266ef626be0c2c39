/** Moves bytes between the guest's streams and those of this process, with back-pressure. */
import { once } from "node:events";

/**
 * Writes all of a stream.
 * @param onBytes called before the first bytes and all others are written
 * @throws what the target fails with, for instance EPIPE
 */
export async function pumpOutput(
  source: ReadableStream<Uint8Array>,
  target: NodeJS.WriteStream,
  onBytes: () => void = () => undefined,
): Promise<void> {
  let failure: Error | undefined;
  const fail = (error: Error): void => {
    failure = error;
  };
  target.on("error", fail);
  try {
    const reader = source.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      onBytes();
      if (!target.write(next.value)) await Promise.race([once(target, "drain"), failed(target)]);
      if (failure !== undefined) {
        await reader.cancel();
        throw failure;
      }
    }
  } finally {
    // A late error of the target must not become an uncaught one.
    target.on("error", () => undefined);
    target.off("error", fail);
  }
}

async function failed(target: NodeJS.WriteStream): Promise<void> {
  await once(target, "error").catch(() => undefined);
}

/** Writes standard input to a stream until either ends. */
export function pumpInput(target: WritableStream<Uint8Array>): { stop(): void } {
  const writer = target.getWriter();
  const { stdin } = process;
  const data = (chunk: Buffer): void => {
    stdin.pause();
    writer.write(new Uint8Array(chunk)).then(
      () => stdin.resume(),
      () => undefined,
    );
  };
  const end = (): void => {
    writer.close().catch(() => undefined);
  };
  stdin.on("data", data);
  stdin.once("end", end);
  // A standard input that cannot be read (closed, a folder) counts as empty.
  stdin.once("error", end);
  return {
    stop: () => {
      stdin.off("data", data);
      stdin.off("end", end);
      stdin.destroy();
    },
  };
}

/** Reads standard input to its end. */
export async function readAllInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return new Uint8Array(Buffer.concat(chunks));
}
