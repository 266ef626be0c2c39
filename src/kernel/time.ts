/**
 * Time: the last host sample plus instructions × ratio; under the virtual clock instructions alone
 * (docs/design.md 4.6). And deadlines: a heap of what must happen when.
 *
 * Translated code is faster than the ratio and a wait for the engine slower, so who asks for the
 * time long after a sample makes the kernel take another one.
 */

/** One instruction, run or charged, is this long between two host samples. */
export const NANOSECONDS_PER_INSTRUCTION = 5;
/** Ticks of the time CSR are this long (10 MHz, as on common boards). */
export const NANOSECONDS_PER_TICK = 100;

/**
 * So many instructions after a sample the next question for the time asks the host: what is
 * interpolated stays below a microsecond. Not 0: readings without work between them are the same.
 */
const SAMPLE_INSTRUCTIONS = 200;

export const DEADLINE_CALL = 0;
export const DEADLINE_TIMER = 1;

export interface Deadline {
  readonly nanoseconds: number;
  /** Order among equals. */
  readonly sequence: number;
  readonly kind: number;
  /** Task id of a call, or service number of a timer. */
  readonly owner: number;
  /** Call id, or timer id. */
  readonly id: number;
  readonly token: number;
}

export interface TimeState {
  virtual: boolean;
  /** Monotonic nanoseconds at the last sample, and instructions since. */
  sampleNanoseconds: number;
  /** The latest time that was told, under the host's clock; time does not go below. */
  floorNanoseconds: number;
  instructionsSinceSample: number;
  /** Of the whole run: user instructions and kernel charges. */
  instructionsTotal: number;
  /** Realtime at monotonic 0: seconds and nanoseconds since 1970. */
  epochSeconds: number;
  epochNanoseconds: number;
  readonly heap: Deadline[];
  nextSequence: number;
  nextTimer: number;
  /** Timers that are armed. */
  readonly timers: Set<number>;
  /** Entries of the heap that nobody wants any more. */
  stale: number;
}

export interface ClockOptions {
  readonly virtual: boolean;
  readonly epochSeconds: number;
  readonly epochNanoseconds: number;
  /**
   * The host's monotonic clock in nanoseconds since boot, to be asked while the system runs; not
   * asked under the virtual clock. Without it only `sample` tells the time.
   */
  readonly hostNanoseconds?: () => number;
}

/** Seconds since 1970, and nanoseconds within. */
export interface Realtime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

export class Time {
  readonly state: TimeState;
  private readonly host: (() => number) | undefined;
  /** What `coarse` said last, and of which monotonic time. */
  private coarseRealtime: Realtime = { seconds: 0, nanoseconds: 0 };
  private coarseMonotonic = -1;

  constructor(options: ClockOptions) {
    this.host = options.virtual ? undefined : options.hostNanoseconds;
    this.state = {
      virtual: options.virtual,
      sampleNanoseconds: 0,
      floorNanoseconds: 0,
      instructionsSinceSample: 0,
      instructionsTotal: 0,
      epochSeconds: options.epochSeconds,
      epochNanoseconds: options.epochNanoseconds,
      heap: [],
      nextSequence: 1,
      nextTimer: 1,
      timers: new Set(),
      stale: 0,
    };
  }

  /**
   * Monotonic nanoseconds, given instructions of the current run that are not yet accounted. Never
   * less than before: where the estimate ran ahead of the host, time stands still until the host
   * has caught up.
   */
  now(runningInstructions: number): number {
    const state = this.state;
    let instructions = state.instructionsSinceSample + runningInstructions;
    if (this.host !== undefined && instructions >= SAMPLE_INSTRUCTIONS) {
      this.setSample(this.host(), runningInstructions);
      instructions = 0;
    }
    const estimate = state.sampleNanoseconds + instructions * NANOSECONDS_PER_INSTRUCTION;
    if (state.virtual) return estimate;
    if (estimate > state.floorNanoseconds) state.floorNanoseconds = estimate;
    return state.floorNanoseconds;
  }

  /** Realtime at the last time that was told; under the virtual clock, now. */
  coarse(runningInstructions: number): Realtime {
    const { virtual, floorNanoseconds } = this.state;
    const monotonic = virtual ? this.now(runningInstructions) : floorNanoseconds;
    if (monotonic !== this.coarseMonotonic) {
      this.coarseRealtime = this.realtime(monotonic);
      this.coarseMonotonic = monotonic;
    }
    return this.coarseRealtime;
  }

  advance(instructions: number): void {
    this.state.instructionsSinceSample += instructions;
    this.state.instructionsTotal += instructions;
  }

  /** The host's monotonic clock between two runs; ignored under the virtual clock. */
  sample(hostNanoseconds: number): void {
    if (!this.state.virtual) this.setSample(hostNanoseconds, 0);
  }

  /** The instructions of the current run so far will be accounted, and are over. */
  private setSample(hostNanoseconds: number, runningInstructions: number): void {
    this.state.sampleNanoseconds = hostNanoseconds;
    this.state.instructionsSinceSample = -runningInstructions;
  }

  /** Under the virtual clock nothing runs while all wait: time jumps to the next deadline. */
  jump(nanoseconds: number): void {
    if (nanoseconds <= this.now(0)) return;
    this.state.sampleNanoseconds = nanoseconds;
    this.state.instructionsSinceSample = 0;
  }

  /** Seconds since 1970 and nanoseconds within, at a monotonic time. */
  realtime(monotonicNanoseconds: number): Realtime {
    const whole = Math.floor(monotonicNanoseconds / 1e9);
    const nanoseconds =
      this.state.epochNanoseconds + Math.floor(monotonicNanoseconds - whole * 1e9);
    const carry = nanoseconds >= 1e9 ? 1 : 0;
    return {
      seconds: this.state.epochSeconds + whole + carry,
      nanoseconds: nanoseconds - carry * 1e9,
    };
  }

  /** Sets realtime: `seconds` and `nanoseconds` are now, at this monotonic time. */
  setRealtime(monotonicNanoseconds: number, seconds: number, nanoseconds: number): void {
    this.coarseMonotonic = -1;
    const whole = Math.floor(monotonicNanoseconds / 1e9);
    const rest = nanoseconds - Math.floor(monotonicNanoseconds - whole * 1e9);
    const borrow = rest < 0 ? 1 : 0;
    this.state.epochSeconds = seconds - whole - borrow;
    this.state.epochNanoseconds = rest + borrow * 1e9;
  }

  /** Adds a deadline. For a timer `id` is made here. @returns the id */
  add(kind: number, nanoseconds: number, owner: number, callId: number, token: number): number {
    const state = this.state;
    const id = kind === DEADLINE_TIMER ? state.nextTimer++ : callId;
    if (kind === DEADLINE_TIMER) state.timers.add(id);
    const entry = { nanoseconds, sequence: state.nextSequence++, kind, owner, id, token };
    state.heap.push(entry);
    this.rise(state.heap.length - 1);
    return id;
  }

  cancelTimer(id: number): void {
    if (this.state.timers.delete(id)) this.state.stale++;
  }

  /** The earliest deadline, or Infinity. Stale entries count: they only cause a look. */
  next(): number {
    return this.state.heap[0]?.nanoseconds ?? Number.POSITIVE_INFINITY;
  }

  /** Takes the earliest deadline if it has passed. */
  takeDue(nowNanoseconds: number): Deadline | undefined {
    const first = this.state.heap[0];
    if (first === undefined || first.nanoseconds > nowNanoseconds) return undefined;
    const last = this.state.heap.pop() as Deadline;
    if (last !== first) {
      this.state.heap[0] = last;
      this.sink(0);
    }
    return first;
  }

  /**
   * Rebuilds the heap without entries that nobody wants, once they are the majority.
   * @param wanted whether a call's deadline is still waited for
   */
  compact(wanted: (deadline: Deadline) => boolean): void {
    const heap = this.state.heap;
    if (heap.length < 1024 || this.state.stale * 2 < heap.length) return;
    const kept = heap.filter((entry) =>
      entry.kind === DEADLINE_TIMER ? this.state.timers.has(entry.id) : wanted(entry),
    );
    kept.sort(compare);
    heap.length = 0;
    for (const entry of kept) heap.push(entry);
    this.state.stale = 0;
  }

  private rise(start: number): void {
    const heap = this.state.heap;
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (compare(heap[parent] as Deadline, heap[index] as Deadline) <= 0) return;
      this.swap(parent, index);
      index = parent;
    }
  }

  private sink(start: number): void {
    const heap = this.state.heap;
    let index = start;
    for (;;) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < heap.length && compare(heap[child] as Deadline, heap[least] as Deadline) < 0) {
          least = child;
        }
      }
      if (least === index) return;
      this.swap(least, index);
      index = least;
    }
  }

  private swap(a: number, b: number): void {
    const heap = this.state.heap;
    const entry = heap[a] as Deadline;
    heap[a] = heap[b] as Deadline;
    heap[b] = entry;
  }
}

function compare(a: Deadline, b: Deadline): number {
  return a.nanoseconds - b.nanoseconds || a.sequence - b.sequence;
}
