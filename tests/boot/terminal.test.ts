/** A session on the console, on both structures: what a user types, sees, interrupts, resizes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bootOptions, program, skip } from "./programs.js";
import { type Prepared, prepare } from "./system.js";

const BUDGET = 2_000_000;
const structures = ["monolithic", "microkernel"] as const;
const elf = skip === false ? await program("programs/terminal") : new Uint8Array(0);

/** The user's side: everything that the console has shown so far, and what is typed. */
class User {
  private seen = 0;

  constructor(private readonly prepared: Prepared) {}

  private get text(): string {
    return Buffer.from(this.prepared.collected.bytes.get(0) ?? []).toString("latin1");
  }

  /** Runs the system until the text comes up. @returns what came up to it, and it */
  expect(wanted: string): string {
    const { system } = this.prepared;
    for (;;) {
      const at = this.text.indexOf(wanted, this.seen);
      if (at >= 0) {
        const shown = this.text.slice(this.seen, at + wanted.length);
        this.seen = at + wanted.length;
        return shown;
      }
      const isIdle = system.run(BUDGET).idle;
      if (isIdle && !this.text.includes(wanted, this.seen)) {
        assert.fail(`no ${JSON.stringify(wanted)} in ${JSON.stringify(this.text)}`);
      }
    }
  }

  type(text: string): void {
    this.prepared.system.console.writeInput(0, Buffer.from(text, "latin1"));
  }
}

for (const structure of structures) {
  for (const injection of [false, true]) {
    const name = `${structure}${injection ? " with injection" : ""}`;
    test(`a session on the console: ${name}`, { skip }, () => {
      const options = bootOptions(structure, elf, [], { injection, copyingPorts: injection });
      const prepared = prepare(options);
      const { system } = prepared;
      const process = system.start({
        argv: options.argv,
        environment: options.environment ?? [],
        workdir: "/tmp",
        userId: 0,
        groupId: 0,
        terminal: true,
      });
      assert.ok(process > 0, `${process}`);
      const user = new User(prepared);
      user.expect("session 1, foreground 1\r\n");
      user.type("helo\x7flo\r");
      assert.equal(user.expect("leader: 6 bytes <hello>\r\n").slice(0, 4), "helo");
      user.expect("stopped by 21\r\njob is in the foreground\r\n");
      user.type("for the job\n");
      user.expect("job: 12 bytes <for the job>\r\n");
      user.type("\x03");
      user.expect("^Cended by 2\r\nwaiting for a window\r\n");
      system.console.resize(132, 43);
      user.expect("window 132x43\r\n0 bytes, in time\r\nready for bytes\r\n");
      user.type("ab");
      user.expect("2 bytes <ab>\r\n");
      while (system.takeResult(process) === undefined) {
        if (system.run(BUDGET).idle) break;
      }
      assert.deepEqual(prepared.collected.reports, []);
    });
  }
}
