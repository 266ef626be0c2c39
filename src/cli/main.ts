/**
 * The `sixfold` command. Layers: this file has the commands and their help; session.ts boots and
 * runs a program, image.ts handles images; options.ts, terminal.ts, pump.ts and exit.ts are what
 * they share.
 */
import { readFile } from "node:fs/promises";
import { Command, CommanderError } from "commander";
import { EXIT_OK, EXIT_OWN_ERROR, reportError, UsageError } from "./exit.js";
import { addImageCommands } from "./image.js";
import { addSystemOptions, parseTime, type SystemFlags } from "./options.js";
import { runSession } from "./session.js";
import { KEY_END_NAME } from "./terminal.js";

const NOTES = `
Exit status: that of the program; 128 + N when signal N ended it; 124 timeout, 125 our own error,
126 not executable, 127 not found.
In an interactive session every key goes to the guest; ${KEY_END_NAME} ends the session.
`;

const RUN_NOTES = `
On a terminal the program has it as its own; otherwise standard input, output and error are three
byte streams.

Examples:
  sixfold run -- sh -c 'echo hello | tr a-z A-Z'
  sixfold run --structure microkernel --timeout 10 -- ls -l /
  sixfold run --clock virtual --seed 1 --strace -- true
`;

async function version(): Promise<string> {
  const text = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

type ShellFlags = SystemFlags & { readonly login?: true };

function addShell(program: Command, finish: (code: number) => void): void {
  const shell = program
    .command("shell", { isDefault: true })
    .description("open an interactive shell (what `sixfold` alone does)")
    .allowExcessArguments()
    .usage("[options]")
    .addHelpText("after", NOTES);
  shell.option("--login", "log in with a name and a password instead (login of the image)");
  addSystemOptions(shell).action(async (flags: ShellFlags, { args: [word] }: Command) => {
    if (word !== undefined) {
      throw new UsageError(`unknown command "${word}"; see: sixfold --help`);
    }
    const greeting = `Sixfold, ${flags.structure}. ${KEY_END_NAME} ends the session.`;
    const argv = flags.login === true ? ["/bin/login"] : ["sh", "-l"];
    finish(await runSession({ flags, argv, greeting }));
  });
}

function addRun(program: Command, finish: (code: number) => void): void {
  const run = program
    .command("run")
    .description("run one program and end with its status")
    .usage("[options] -- PROGRAM [ARGUMENT...]")
    .argument("<program>", "looked up in PATH of the image unless it has a slash")
    .argument("[arguments...]")
    .passThroughOptions()
    .option("--timeout <time>", "end the program after seconds, or 500ms, 2m, 1h", parseTime)
    .addHelpText("after", RUN_NOTES + NOTES);
  type RunFlags = SystemFlags & { readonly timeout?: number };
  addSystemOptions(run).action(async (name: string, rest: string[], flags: RunFlags) => {
    const limit = flags.timeout === undefined ? {} : { timeoutMs: flags.timeout };
    finish(await runSession({ flags, argv: [name, ...rest], ...limit }));
  });
}

/** Makes the command line; `finish` takes the exit code of the command that ran. */
async function commandLine(finish: (code: number) => void): Promise<Command> {
  const program = new Command("sixfold")
    .description("Unmodified Linux/riscv64 programs on an operating system in TypeScript.")
    .usage("[options] [command]")
    .version(await version())
    .enablePositionalOptions()
    .showHelpAfterError("(see --help)")
    .addHelpText("after", NOTES)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error/, "sixfold")) });
  addShell(program, finish);
  addRun(program, finish);
  addImageCommands(program, finish);
  return program;
}

/**
 * Runs the command.
 * @param args the command line without node and script
 * @returns the exit code
 */
export async function main(args: readonly string[]): Promise<number> {
  let code = EXIT_OK;
  const program = await commandLine((finished) => {
    code = finished;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    // Help and version were printed and are no error; what else commander throws it has reported.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_OWN_ERROR;
    return reportError(error, args.includes("--verbose"));
  }
}
