/**
 * Counts the events of node's test runner for tests/run.ts: what passed, failed, was skipped and
 * why. Suites are not counted, the tests in them are; a skipped suite counts once. Two things that
 * node lets pass are failures here: a file whose process ends with an error after its tests passed,
 * and a file that declares no test.
 */

export interface Failure {
  readonly name: string;
  readonly file: string;
  readonly error: unknown;
}

export interface Skip {
  readonly name: string;
  readonly reason: string;
}

export interface Tally {
  passed: number;
  skipped: number;
  readonly failures: Failure[];
  readonly skips: Skip[];
  /** Tests reported so far by file. */
  readonly testsOfFile: Map<string, number>;
  readonly outputOfFile: Map<string, string>;
  readonly nodeSummary: string[];
  /** Files whose process has ended; true: with an error. */
  readonly endedWithError: Map<string, boolean>;
  readonly secondsOfFile: Map<string, number>;
}

/** The part of node:test's events that is read here. */
export interface RunnerEvent {
  readonly type: string;
  readonly data: unknown;
}

interface TestData {
  readonly name: string;
  readonly file?: string;
  readonly nesting: number;
  readonly skip?: string | boolean;
  readonly todo?: string | boolean;
  readonly message?: string;
  readonly details?: {
    readonly type?: string;
    readonly error?: unknown;
    readonly duration_ms?: number;
  };
}

/** An empty tally. */
export function newTally(): Tally {
  return {
    passed: 0,
    skipped: 0,
    failures: [],
    skips: [],
    testsOfFile: new Map(),
    outputOfFile: new Map(),
    nodeSummary: [],
    endedWithError: new Map(),
    secondsOfFile: new Map(),
  };
}

/** Enters one event of the runner into the tally. */
export function record(tally: Tally, event: RunnerEvent): void {
  const data = event.data as TestData;
  const file = data.file ?? "";
  if (event.type === "test:stdout" || event.type === "test:stderr") {
    tally.outputOfFile.set(file, (tally.outputOfFile.get(file) ?? "") + (data.message ?? ""));
  } else if (event.type === "test:diagnostic") {
    recordDiagnostic(tally, data);
  } else if (event.type === "test:complete" && data.name === file) {
    tally.endedWithError.set(file, data.details?.error !== undefined);
    tally.secondsOfFile.set(file, (data.details?.duration_ms ?? 0) / 1000);
  } else if (data.name !== file && (event.type === "test:pass" || event.type === "test:fail")) {
    recordTest(tally, data, file, event.type === "test:pass");
  }
}

/** Node's summary, which is of no file; or what a test says of itself, such as its seed. */
function recordDiagnostic(tally: Tally, data: TestData): void {
  const text = data.message ?? "";
  if (data.file === undefined) {
    if (data.nesting === 0) tally.nodeSummary.push(text);
    return;
  }
  tally.outputOfFile.set(data.file, `${tally.outputOfFile.get(data.file) ?? ""}${text}\n`);
}

function failure(data: TestData, file: string, error: unknown): Failure {
  return { name: data.name, file, error };
}

function recordTest(tally: Tally, data: TestData, file: string, passed: boolean): void {
  tally.testsOfFile.set(file, (tally.testsOfFile.get(file) ?? 0) + 1);
  const reason = data.skip ?? data.todo;
  if (reason !== undefined && reason !== false) {
    tally.skipped++;
    tally.skips.push({ name: data.name, reason: reason === true ? "no reason given" : reason });
  } else if (data.details?.type === "suite" && !hookFailed(data)) {
    return;
  } else if (passed) {
    tally.passed++;
  } else if (!onlySubtestsFailed(data)) {
    tally.failures.push(failure(data, file, data.details?.error));
  }
}

function failureType(data: TestData): string | undefined {
  return (data.details?.error as { failureType?: string } | undefined)?.failureType;
}

/** A suite fails by itself when a hook or its body throws, else only because a test in it did. */
function hookFailed(data: TestData): boolean {
  return data.details?.error !== undefined && !onlySubtestsFailed(data);
}

function onlySubtestsFailed(data: TestData): boolean {
  return failureType(data) === "subtestsFailed";
}

/** After the last event: adds the failures of whole files (their tests come after their end). */
export function finish(tally: Tally): void {
  for (const [file, withError] of tally.endedWithError) {
    const failedInside = tally.failures.some((known) => known.file === file);
    const none = tally.testsOfFile.get(file) === undefined;
    if (!none && (!withError || failedInside)) continue;
    const text = withError
      ? "its process ended with an error (or ran out of time) outside any test"
      : "the file declares no test";
    tally.failures.push({ name: "the file itself", file, error: new Error(text) });
  }
}

/**
 * The lines "not run: needs PACKAGE (k tests)", one for each reason, sorted. Tests give the reason
 * as `skip: "needs PACKAGE"`; any other reason is printed as "not run: REASON (k tests)".
 */
export function notRunLines(tally: Tally): string[] {
  const counts = new Map<string, number>();
  for (const { reason } of tally.skips) {
    const text = reason.replace(/^not run:\s*/, "");
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([text, count]) => `not run: ${text} (${count} ${count === 1 ? "test" : "tests"})`);
}
