/**
 * The tables of programs that run in several places with times taken inside: CPU in its steady
 * state, CPU loops, system calls, shell work.
 */
import {
  type Comparison,
  comparisons,
  comparisonTable,
  measure,
  missingLines,
} from "../measure.js";
import { installNpm, npmVersion } from "../peers/npm.js";
import { qemuSystem, qemuUser, upstreamVersion } from "../peers/packages.js";
import { type PlaceName, Places } from "../places.js";
import {
  Built,
  cpuProgram,
  cpuSizes,
  loops,
  type Measurement,
  measurementsIn,
  type Program,
  repetitionsIn,
  shellWork,
  systemCalls,
} from "../programs.js";
import { type Options, printHead, type Table } from "./context.js";

type Peers = readonly (readonly [PlaceName, "slower" | "faster"])[];

interface Comparing {
  readonly name: string;
  readonly about: string;
  readonly programs: (options: Options) => readonly Program[];
  readonly places: readonly PlaceName[];
  readonly peers: Peers;
  /** Further comparisons besides those of each Sixfold with each peer. */
  readonly also?: readonly Comparison[];
  readonly read?: (output: string, program: Program) => readonly Measurement[];
  /** What the reader must know of the numbers. */
  readonly note: string;
}

/** What the version line says of the peers that are up. */
async function versions(places: Places): Promise<string[]> {
  const lines: string[] = [];
  if (places.shells.has("qemu-user")) {
    lines.push(`qemu-user ${upstreamVersion(await qemuUser(), "qemu-user")}`);
  }
  if (places.shells.has("qemu-system")) {
    lines.push(`qemu-system ${upstreamVersion(await qemuSystem(), "qemu-system-riscv")}`);
  }
  if (places.shells.has("v86")) lines.push(`v86 ${npmVersion(installNpm("npm"), "v86")}`);
  return lines;
}

async function print(comparing: Comparing, options: Options): Promise<void> {
  const { name, about, note } = comparing;
  const programs = comparing.programs(options);
  const built = new Built(programs);
  const isWanted = (place: string) => options.places?.includes(place) ?? true;
  const wanted = comparing.places.filter(isWanted);
  const places = new Places(wanted, built);
  try {
    await places.open();
    const { rounds, repetitionMs } = options;
    const { isBest } = options;
    const read = comparing.read ?? ((output: string) => measurementsIn(output, isBest));
    const results = await measure(places, { programs, rounds, repetitionMs, read });
    const up = wanted.filter((place) => places.shells.has(place));
    const isUp = (one: Comparison) => up.includes(one.of) && up.includes(one.with);
    const compared = [
      ...comparisons(places, comparing.peers),
      ...(comparing.also ?? []).filter(isUp),
    ];
    printHead(name, options, await versions(places));
    console.log(`${about}. ${note}\n`);
    console.log(comparisonTable("", results, up, compared, isBest));
    if (places.missing.size > 0) console.log(`\n${missingLines(places)}`);
  } finally {
    places.close();
    built.remove();
  }
}

/** The best of the last half of the repetitions: by then the engine has its best code. */
function steady(output: string, program: Program): readonly Measurement[] {
  const times = repetitionsIn(output);
  const best = Math.min(...times.slice(Math.floor(times.length / 2)));
  return times.length === 0 ? [] : [{ name: program.name, unit: "ms", value: best }];
}

const tables: readonly Comparing[] = [
  {
    name: "cpu",
    about: "CPU programs in their steady state, page protection on",
    programs: ({ repetitions }) =>
      cpuSizes.map(([name, size]) => cpuProgram(name, size, repetitions)),
    places: ["native", "wasm32", "qemu-user", "monolithic"],
    peers: [
      ["qemu-user", "faster"],
      ["wasm32", "slower"],
      ["native", "slower"],
    ],
    read: steady,
    note: "wasm32 is the same C by clang in the same engine. Best of the last half of repetitions.",
  },
  {
    name: "loops",
    about: "CPU loops, times taken inside",
    programs: () => loops,
    places: ["native", "qemu-user", "monolithic"],
    peers: [
      ["qemu-user", "faster"],
      ["native", "slower"],
    ],
    note: "The median of three repetitions, translation of the first included where it falls in.",
  },
  {
    name: "calls",
    about: "System calls, times taken inside",
    programs: () => systemCalls,
    places: ["native", "qemu-user", "qemu-system", "v86", "monolithic", "microkernel"],
    peers: [
      ["native", "slower"],
      ["qemu-system", "faster"],
      ["v86", "faster"],
    ],
    also: [{ of: "microkernel", with: "monolithic" }],
    note: "Native is this host, often a virtual machine itself; files are in tmpfs everywhere.",
  },
  {
    name: "shell",
    about: "Shell work, times taken inside",
    programs: () => shellWork,
    places: ["native", "qemu-user", "qemu-system", "v86", "monolithic", "microkernel"],
    peers: [
      ["qemu-user", "faster"],
      ["native", "slower"],
    ],
    note: "Debian's static busybox everywhere, for native and v86 that of their architecture.",
  },
];

/** The tables as the command has them. */
export const compareTables: readonly Table[] = tables.map((comparing) => ({
  name: comparing.name,
  about: comparing.about,
  print: (options) => print(comparing, options),
}));
