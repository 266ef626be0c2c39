import { boot } from "sixfold";

const system = await boot({ limits: { memoryBytes: 128e6 } });
await system.files.write("/tmp/words", "pear\napple\nplum\napple\n");

// A pipeline, its output streamed as it comes.
const program = await system.start(["sh", "-c", "sort -u /tmp/words | tr a-z A-Z"]);
for await (const chunk of program.stdout) process.stdout.write(chunk);
const { exitCode, usage } = await program.result;
console.log(`exit code ${exitCode} after ${usage.systemCalls} system calls`);

// A runaway, ended by a signal (or by timeoutMs, or a limit).
const controller = new AbortController();
setTimeout(() => controller.abort(), 100);
const runaway = await system.run(["sh", "-c", "while :; do :; done"], controller);
console.log(`runaway: ${runaway.reason}`);
await system.shutdown();
