/**
 * The work of benchmarks/endurance.ts: lines of shell, each of which runs for about a second and
 * prints the same however often. They take turns; the large program's functions shift from round to
 * round.
 */
import { FUNCTION_COUNT, manyFunctionsOutput } from "../tests/programs/many-functions.js";
import { cpuProgram, type Program } from "./programs.js";

/** A piece of work. */
export interface Piece {
  readonly name: string;
  /** @param round counted from 0 */
  line(round: number): string;
  /** What the line prints, where it is known beforehand. */
  expected?(round: number): string;
}

/** The folder of the programs that are compiled, and of what the work writes. */
export const PROGRAMS = "/mnt";
const FOLDER = "/tmp/work";
const TEXT = `${FOLDER}/text`;
/** How many functions of the large program a piece uses, and calls of each. */
const FUNCTIONS = 300;
const TURNS = 700;
const WINDOWS = FUNCTION_COUNT / FUNCTIONS;

/** What is compiled for it besides the program of many functions; repetitions within a piece. */
export const compiled: readonly Program[] = [
  cpuProgram("mix", 4, 1),
  cpuProgram("sha", 4, 1),
  cpuProgram("nbody", 50_000, 1),
  cpuProgram("call", 28, 1),
  cpuProgram("interp", 1, 1),
];

/** Runs once, before the time begins: what the pieces read. */
export const preparation = `mkdir -p ${FOLDER}
seq 1 30000 |
  awk '{ print $1 * 7919 % 10007, "line of text", $1 % 97, $1 * $1 % 1000003 }' > ${TEXT}`;

const always = (name: string, text: string): Piece => ({ name, line: () => text });

/** A new file with functions that were not called from it before. */
function functions(name: string, shift: number): Piece {
  const first = (round: number): number => ((round + shift) % WINDOWS) * FUNCTIONS;
  const known = new Map<number, string>();
  return {
    name,
    line(round) {
      const file = `${FOLDER}/${name.replaceAll(" ", "-")}`;
      const call = `${file} ${first(round)} ${FUNCTIONS} ${TURNS}`;
      return `rm -f ${file}; cp ${PROGRAMS}/many ${file}; ${call}`;
    },
    expected(round) {
      const text = known.get(first(round)) ?? manyFunctionsOutput(first(round), FUNCTIONS, TURNS);
      known.set(first(round), text);
      return text;
    },
  };
}

const APPLETS = `i=0; while [ $i -lt 6 ]; do i=$((i+1))
  expr $i '*' 7; basename /a/b$i; dirname /a/b/c; factor 99999$i; seq $i 9; printf '%05d\\n' $i
  date -u -d @$((i*86400)); cal $i 2001; echo a:b:c | cut -d: -f2; echo abc | rev; echo abc | tac
  echo abc | od -c; echo abc | hexdump -C; echo abc | xxd; echo abc | uuencode x; echo abc | nl
  echo 'a b c' | fold -w 2; echo abc | tr a-c A-C; echo 'b a' | xargs -n 1 echo; id -u; uname -m
  head -n 2 ${TEXT}; tail -n 2 ${TEXT}; wc ${TEXT}; cmp ${TEXT} ${TEXT}; stat -c %s ${TEXT}
  echo '2 3 + p' | dc; echo '2^64' | bc; echo 'x' | md5sum; readlink -f /bin; test -d /tmp
done | md5sum`;

/** Writes a program's text, changes it, and looks at the result, as builds do. */
const GENERATE = `awk 'BEGIN { for (i = 0; i < 6000; i++)
  printf "int function_%d(int x) { return x * %d + %d; }\\n", i, i * 37 % 101, i % 7 }' |
  tee ${FOLDER}/a.c | sed -e 's/function_\\([0-9]*\\)/f\\1/' -e 's/int x/long x/' > ${FOLDER}/b.c
diff ${FOLDER}/a.c ${FOLDER}/b.c | grep -c '^>'
grep -o '[a-z_]*[0-9]*(' ${FOLDER}/b.c | sort -u | md5sum`;

const repeated = compiled.map(({ line }) => `${line.replace("$Q", PROGRAMS)} | cut -d' ' -f1`);

/** What is done in a round, in this order. */
export const pieces: readonly Piece[] = [
  always(
    "shell loop",
    "i=0; s=0; while [ $i -lt 12000 ]; do i=$((i+1)); s=$((s+i%7)); done; echo $s",
  ),
  functions("functions one", 0),
  always("fork and exec", "i=0; while [ $i -lt 150 ]; do busybox true; i=$((i+1)); done; echo $i"),
  always("sort", `sort -k1n -k5nr ${TEXT} | md5sum`),
  always("gzip", `gzip -c ${TEXT} | gunzip -c | md5sum`),
  always(
    "awk",
    `awk 'BEGIN { for (i = 2; i < 60000; i++) if (!(i in c)) {
       n++; for (j = i * i; j < 60000; j += i) c[j] = 1
     } print n }'`,
  ),
  functions("functions two", 3),
  always(
    "sums",
    `for sum in md5sum sha1sum sha256sum sha512sum sha3sum crc32; do $sum < ${TEXT}; done`,
  ),
  always(
    "text",
    `tr a-z A-Z < ${TEXT} | sed 's/ [0-9]* / /' | cut -d' ' -f2- | sort | uniq -c |
       sort -rn | head`,
  ),
  always(
    "archive",
    "tar c -C /usr share/zoneinfo/Europe | tar t | wc -l; find /usr -type f | sort | md5sum",
  ),
  always("encode", `base64 ${TEXT} | base64 -d | od -x | md5sum`),
  functions("functions three", 6),
  always("many applets", APPLETS),
  always("generate", GENERATE),
  always("bzip2", `head -n 6000 ${TEXT} | bzip2 -c | bunzip2 -c | md5sum`),
  always("processor", repeated.join("; ")),
];
