/**
 * A host that answers later, in any order, as a browser would: calls wait and go on, no request is
 * sent twice, and programs print what they print in tmpfs. Some calls are ended by a signal while
 * they wait.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { serveFolders } from "../../src/host/node/folder-share.js";
import { createRandom, randomWord } from "../../src/kernel/random.js";
import type { FolderHost } from "../../src/machine/devices/host.js";
import type { System } from "../../src/structures/boot.js";
import { boot, bootOptions, skip as needsPrograms, program } from "../boot/programs.js";
import { type BootOptions, prepare, startProgram } from "../boot/system.js";
import { comparable, outcomeOf } from "../syscalls/harness.js";
import { type Mode, skip as needsLinux, temporaryFolder } from "./folder.js";

const BUDGET = 1_000_000;
const TURNS_MAX = 20_000;

/** Answers at once until `isLate`; then what it would answer waits for `deliver`. */
class LateHost implements FolderHost {
  isLate = false;
  readonly seen = new Set<number>();
  private readonly server: FolderHost;
  private readonly waiting: (readonly [number, Uint8Array])[] = [];

  constructor(
    folder: string,
    mode: Mode,
    private readonly random: () => number,
  ) {
    this.server = serveFolders([{ source: folder, isReadOnly: mode !== "rw" }], () => undefined);
  }

  request(token: number, bytes: Uint8Array, replyBytesMax: number): Uint8Array | undefined {
    const unique = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true);
    assert.ok(!this.seen.has(unique), `request ${unique} was sent twice`);
    this.seen.add(unique);
    const reply = this.server.request(token, bytes, replyBytesMax);
    if (!this.isLate || reply === undefined) return reply;
    this.waiting.push([token, reply]);
    return undefined;
  }

  /** One of the replies that wait. @returns whether there was one */
  deliver(system: System): boolean {
    if (this.waiting.length === 0) return false;
    const [chosen] = this.waiting.splice(this.random() % this.waiting.length, 1);
    if (chosen !== undefined) system.folders.reply(chosen[0], chosen[1]);
    return true;
  }
}

/** Runs a program to its end. @returns its output and status, as `comparable` has it */
function run(options: BootOptions, host: LateHost): string {
  const prepared = prepare({ ...options, folders: host });
  const { system, collected, streams } = prepared;
  host.isLate = true;
  const process = startProgram(prepared, options.argv, options.environment ?? []);
  let status: number | undefined;
  for (let turn = 0; turn < TURNS_MAX && status === undefined; turn++) {
    const { idle } = system.run(BUDGET);
    assert.equal(system.panic, undefined);
    status = system.takeResult(process)?.status;
    if (idle && status === undefined) assert.ok(host.deliver(system), "everything waits for ever");
  }
  assert.deepEqual(collected.reports, []);
  assert.ok(status !== undefined, "it does not come to an end");
  const text = (port: number) => Buffer.from(collected.bytes.get(port) ?? []).toString("latin1");
  const signal = status & 0x7f;
  return comparable(
    outcomeOf({
      exitCode: signal === 0 ? (status >> 8) & 0xff : null,
      signal: signal === 0 ? null : signal,
      stdout: text(streams[1]),
      stderr: text(streams[2]),
    }),
  );
}

const programs = [
  "directory/directory",
  "getdents/getdents",
  "link/link",
  "lseek/lseek",
  "open/flags",
  "path/resolution",
  "truncate/truncate",
  "write/append_shared",
  "execve/other_program",
];

for (const [structure, mode] of [
  ["monolithic", "rw"],
  ["microkernel", "overlay"],
] as const) {
  describe(`replies that come later, ${mode}, ${structure}`, {
    skip: needsLinux || needsPrograms,
  }, () => {
    for (const name of programs) {
      test(name, async (t) => {
        const elf = await program(`syscalls/${name}`);
        const usual = comparable(outcomeOf(boot(structure, elf)));
        const seed = Math.floor(Math.random() * 2 ** 32);
        t.diagnostic(`seed ${seed}`);
        const random = createRandom(seed);
        const host = new LateHost(temporaryFolder(t), mode, () => randomWord(random) >>> 0);
        const mounts = [{ folder: 0, target: "/tmp", mode }];
        assert.equal(run(bootOptions(structure, elf, [], { mounts }), host), usual);
        assert.ok(host.seen.size > 2);
      });
    }
  });
}
