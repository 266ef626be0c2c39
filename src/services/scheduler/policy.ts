/**
 * The numbers of the policy, and nothing else. Priorities are the kernel's (0 the most urgent of
 * 32).
 */

/** Priority of the top level; more urgent ones are kept free for what may come (real time). */
export const TOP_PRIORITY = 8;
/** A real-time priority (1..99) is one of so many steps above the top level. */
export const REALTIME_STEPS = 8;
/** A turn of SCHED_RR: 100 ms, as on Linux. */
export const ROUND_ROBIN_INSTRUCTIONS = 20_000_000;
/** SCHED_FIFO has no turns: nobody computes for so long. */
export const ENDLESS_INSTRUCTIONS = 2 ** 52;
/** How far a task that only computes falls. */
export const LEVELS = 4;
/** Quantum at the top level for nice 0; each level below has twice as much. An instruction counts
 * as NANOSECONDS_PER_INSTRUCTION (kernel/time.ts): 0.5 ms here, 4 ms at the lowest level. */
export const QUANTUM_INSTRUCTIONS = 100_000;
export const QUANTUM_INSTRUCTIONS_MIN = 2_000;
export const QUANTUM_INSTRUCTIONS_MAX = 2_000_000;
/** One nice step is a quarter more or less time, as in Linux (sched_prio_to_weight). */
export const NICE_FACTOR = 1.25;
/** So often every task that has fallen rises to the top: nobody starves. */
export const BOOST_NANOSECONDS = 50_000_000;

/** Below all levels: SCHED_IDLE, which runs when nobody else would. */
export const IDLE_PRIORITY: number = TOP_PRIORITY + LEVELS;

/** @returns the kernel's priority of a real-time priority (1..99): more is more urgent */
export function priorityOfRealtime(realtime: number): number {
  return REALTIME_STEPS - 1 - Math.floor(((realtime - 1) * REALTIME_STEPS) / 99);
}

/** @returns the quantum of a nice value (-20..19) at a level (0 is the top) in instructions */
export function quantumInstructions(nice: number, level: number): number {
  const clamped = Math.min(Math.max(nice, -20), 19);
  const quantum = Math.round(QUANTUM_INSTRUCTIONS * NICE_FACTOR ** -clamped) * 2 ** level;
  return Math.min(Math.max(quantum, QUANTUM_INSTRUCTIONS_MIN), QUANTUM_INSTRUCTIONS_MAX);
}
