/** A second shell, on a pseudo-terminal: job control there is as on the console. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { findImage } from "../../src/image/index.js";
import { skip as compilerSkip, program } from "../boot/programs.js";
import { bootProgram } from "../boot/system.js";

const found = await findImage();
const skip = compilerSkip || (found === undefined ? "needs an image: sixfold image build" : false);

for (const structure of ["monolithic", "microkernel"] as const) {
  for (const injection of [false, true]) {
    const name = `${structure}${injection ? " with injection" : ""}`;
    test(`sh on a pseudo-terminal, ${name}`, { skip }, async () => {
      const elf = await program("programs/second_shell");
      const booted = bootProgram({
        structure,
        injection,
        copyingPorts: injection,
        image: await readFile(found?.path ?? ""),
        files: new Map([["/mnt/second_shell", elf]]),
        argv: ["/mnt/second_shell"],
        environment: ["PATH=/usr/bin:/usr/sbin", "HOME=/root", "TERM=dumb"],
      });
      assert.equal(booted.hang, null, booted.stdout);
      assert.equal(booted.exitCode, 4, booted.stdout + booted.stderr);
      assert.match(booted.stdout, /\[1\]\+ +Stopped +sleep 1000\r\n/);
      assert.deepEqual(booted.reports, []);
    });
  }
}
