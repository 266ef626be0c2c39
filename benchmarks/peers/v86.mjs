// v86 in a process of its own: `v86.mjs MODE OPTIONS`, options as JSON.
//   serial    a serial line on the standard streams
//   boot      boots to the prompt, runs a command, prints times and memory
//   save      boots to the prompt and saves the state in a file
//   restore   from that file to the output of the first command
const startMs = performance.now();

import { readFileSync, writeFileSync } from "node:fs";

const SAVE_AFTER_MS = 1000;
const COMMAND_LINE =
  "console=ttyS0 quiet tsc=reliable mitigations=off random.trust_cpu=on nowatchdog";
const [mode, text] = process.argv.slice(2);
const options = JSON.parse(text);
const { V86 } = await import(options.library);
const file = (path) => {
  const { buffer, byteOffset, byteLength } = readFileSync(path);
  return { buffer: buffer.slice(byteOffset, byteOffset + byteLength) };
};
const emulator = new V86({
  wasm_path: options.wasm,
  memory_size: options.memoryBytes,
  vga_memory_size: 2 << 20,
  bios: file(options.bios),
  vga_bios: file(options.vgaBios),
  autostart: true,
  disable_speaker: true,
  ...(mode === "restore"
    ? { initial_state: file(options.state) }
    : { bzimage: file(options.kernel), initrd: file(options.initrd), cmdline: COMMAND_LINE }),
});

function type(line) {
  for (const character of line) emulator.bus.send("serial0-input", character.charCodeAt(0));
}

function report() {
  const status = readFileSync("/proc/self/status", "utf8");
  const rssBytes = Number(/VmRSS:\s+(\d+)/.exec(status)[1]) * 1024;
  console.log(JSON.stringify({ firstOutputMs: performance.now() - startMs, rssBytes }));
  process.exit(0);
}

let seen = "";
let isTyped = false;
async function look() {
  if (mode === "save" && /PROMPT# $/.test(seen)) {
    seen = "";
    await new Promise((resolve) => setTimeout(resolve, SAVE_AFTER_MS));
    writeFileSync(options.state, Buffer.from(await emulator.save_state()));
    process.exit(0);
  }
  if (mode === "boot" && !isTyped && /PROMPT# $/.test(seen)) {
    isTyped = true;
    type("echo HELLO$((6*7))\n");
  }
  if (/HELLO42/.test(seen)) report();
}

const waiting = [];
emulator.add_listener("serial0-output-byte", (byte) => {
  if (mode === "serial") {
    waiting.push(byte);
    if (waiting.length === 1)
      setImmediate(() => process.stdout.write(Buffer.from(waiting.splice(0))));
    return;
  }
  seen += String.fromCharCode(byte);
  void look();
});
if (mode === "serial") {
  process.stdin.on("data", (bytes) => type(bytes.toString("latin1")));
  process.stdin.on("end", () => process.exit(0));
}
emulator.add_listener("emulator-started", () => {
  if (mode === "restore") type("echo HELLO$((6*7))\n");
});
