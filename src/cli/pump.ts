/** Moves bytes between the guest's streams and those of this process, with back-pressure. */

/**
 * Writes all of a stream.
 * @param target undefined: nowhere
 * @throws what the target fails with, for instance EPIPE
 */
export async function pumpOutput(
  source: ReadableStream<Uint8Array>,
  target: NodeJS.WriteStream | undefined,
): Promise<void> {
  let failure: Error | undefined;
  let release = (): void => undefined;
  const go = (): void => release();
  // Stays: a late error of the target must not become an uncaught one.
  target?.on("error", (error: Error) => {
    failure = error;
    release();
  });
  target?.on("drain", go);
  const reader = source.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const isFull = target?.write(next.value) === false;
      if (isFull && failure === undefined) {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      }
      if (failure !== undefined) throw failure;
    }
  } finally {
    await reader.cancel();
    target?.off("drain", go);
  }
}

/** Writes standard input to a stream until either ends. */
export function pumpInput(target: WritableStream<Uint8Array>): { stop(): void } {
  const writer = target.getWriter();
  const { stdin } = process;
  let isStopped = false;
  const data = (chunk: Buffer): void => {
    stdin.pause();
    writer.write(new Uint8Array(chunk)).then(
      () => {
        if (!isStopped) stdin.resume();
      },
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
      isStopped = true;
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
