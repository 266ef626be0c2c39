/**
 * The `sixfold` command. Layers: start.ts begins; this file has the commands and their help;
 * session.ts boots and runs a program, image.ts handles images; options.ts, terminal.ts, pump.ts
 * and exit.ts are what they share.
 */
import { readFile } from "node:fs/promises";
import { Command, CommanderError } from "commander";
import type { Prepared } from "../index.js";
import { checkArguments } from "./arguments.js";
import { EXIT_OK, EXIT_OWN_ERROR, reportError, UsageError } from "./exit.js";
import { addImageCommands } from "./image.js";
import { printError } from "./json.js";
import {
  addSystemOptions,
  parseSize,
  parseTime,
  type RunFlags,
  type SystemFlags,
} from "./options.js";
import { runSession } from "./session.js";
import { KEY_END_NAME } from "./terminal.js";

const STATUS_NOTES = `
Exit status: that of the program; 128 + N when signal N ended it; 137 a limit, 124 timeout, 125 our
own error, 126 not executable, 127 not found.
`;

const KEY_NOTES = `
On a terminal every key goes to the guest, Ctrl-C and Ctrl-Z too; ${KEY_END_NAME} ends the session.
`;

const RUN_NOTES = `
If standard input and output are terminals the program has one too; otherwise standard input, output
and error are three byte streams, and signals to the command are the program's.

Examples:
  sixfold run -- sh -c 'echo hello | tr a-z A-Z'
  sixfold run --structure microkernel --timeout 10 -- ls -l /
  sixfold run --mount .:/work:overlay --workdir /work -- sh -c 'wc -l *'
  sixfold run --limit instructions=1e9 --limit processes=10 --json -- sh ./untrusted.sh
  sixfold run --clock virtual --seed 1 --strace -- true
`;

async function version(): Promise<string> {
  const text = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

type ShellFlags = SystemFlags & { readonly login?: true };

/** What commands are given. */
interface Context {
  /** Takes the exit code of the command that ran. */
  readonly finish: (code: number) => void;
  readonly prepared: Prepared | undefined;
}

function addShell(program: Command, { finish, prepared }: Context): void {
  const shell = program
    .command("shell", { isDefault: true })
    .description("open an interactive shell (what `sixfold` alone does)")
    .allowExcessArguments()
    .usage("[options]")
    .addHelpText("after", KEY_NOTES + STATUS_NOTES);
  shell.option("--login", "log in with a name and a password instead (login of the image)");
  addSystemOptions(shell).action(async (flags: ShellFlags, { args: [word] }: Command) => {
    if (word !== undefined) {
      throw new UsageError(`unknown command "${word}"; see: sixfold --help`);
    }
    const greeting = `Sixfold, ${flags.structure}. ${KEY_END_NAME} ends the session.`;
    const argv = flags.login === true ? ["/bin/login"] : undefined;
    finish(await runSession({ flags, argv, greeting, prepared }));
  });
}

function addRun(program: Command, { finish, prepared }: Context): void {
  const run = program
    .command("run")
    .description("run one program and end with its status")
    .usage("[options] -- PROGRAM [ARGUMENT...]")
    .argument("<program>", "looked up in PATH of the image unless it has a slash")
    .argument("[arguments...]")
    .passThroughOptions()
    .option("--timeout <time>", "end the program after seconds, or 500ms, 2m, 1h", parseTime)
    .option("--json", "print one JSON object: how it ended, what it wrote, what it used")
    .option("--max-output <size>", "bytes of either output that JSON has (default: 16M)", parseSize)
    .addHelpText("after", RUN_NOTES + KEY_NOTES + STATUS_NOTES);
  addSystemOptions(run).action(async (name: string, rest: string[], flags: RunFlags) => {
    const argv = [name, ...rest];
    await checkArguments(argv);
    finish(await runSession({ flags, argv, prepared }));
  });
}

async function commandLine(context: Context, isQuiet: boolean): Promise<Command> {
  const program = new Command("sixfold")
    .description("Unmodified Linux/riscv64 programs on an operating system in TypeScript.")
    .usage("[options] [command]")
    .version(await version())
    .enablePositionalOptions()
    .showHelpAfterError(isQuiet ? false : "(see --help)")
    .addHelpText("after", KEY_NOTES + STATUS_NOTES)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => {
        if (!isQuiet) write(text.replace(/^error/, "sixfold"));
      },
    });
  addShell(program, context);
  addRun(program, context);
  addImageCommands(program, context.finish);
  return program;
}

/** Whether a result in JSON is wanted, as far as it can be told without reading the options. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  const own = end < 0 ? args : args.slice(0, end);
  return own[0] === "run" && own.includes("--json");
}

/**
 * Runs the command.
 * @param args the command line without node and script
 * @param prepared the worker of the system that it will boot, if it was started already
 * @returns the exit code
 */
export async function main(args: readonly string[], prepared?: Prepared): Promise<number> {
  let code = EXIT_OK;
  const isJson = wantsJson(args);
  const finish = (finished: number): void => {
    code = finished;
  };
  const program = await commandLine({ finish, prepared }, isJson);
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    // Help and version were printed and are no error; what else commander throws it has reported.
    const isReported = error instanceof CommanderError;
    if (isReported && error.exitCode === 0) return EXIT_OK;
    if (isJson) {
      const text = isReported ? error.message.replace(/^error: /, "") : "";
      await printError(isReported ? new UsageError(text) : error);
      return EXIT_OWN_ERROR;
    }
    return isReported ? EXIT_OWN_ERROR : reportError(error, args.includes("--verbose"));
  }
}
