/**
 * Injection, for tests (docs/design.md 4.1): a forced BLOCKED at every place where a call may
 * block, and a spurious wake-up at every park. Output and state must be as without; the counts say
 * that each row that can block was tried.
 */
export interface InjectionCounts {
  forced: number;
  spurious: number;
  blocked: number;
}

export interface InjectionState {
  enabled: boolean;
  /** By system-call number (-1: faults and signal deliveries). */
  readonly counts: Map<number, InjectionCounts>;
}

/** No counts yet; `enabled` false: nothing is ever injected. */
export function createInjection(enabled: boolean): InjectionState {
  return { enabled, counts: new Map() };
}

/** Adds one to a count of the row. */
export function countInjection(
  state: InjectionState,
  row: number,
  what: keyof InjectionCounts,
): void {
  let counts = state.counts.get(row);
  if (counts === undefined) {
    counts = { forced: 0, spurious: 0, blocked: 0 };
    state.counts.set(row, counts);
  }
  counts[what]++;
}
