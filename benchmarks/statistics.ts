/** Medians and the printing of numbers and tables, for every benchmark. */

/** The median of `values`; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length % 2 === 1) return sorted[middle] ?? Number.NaN;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** The geometric mean of the finite ones of `values`; NaN of none. */
export function geometricMean(values: readonly number[]): number {
  const finite = values.filter((value) => Number.isFinite(value) && value > 0);
  return Math.exp(finite.reduce((sum, value) => sum + Math.log(value), 0) / finite.length);
}

/** Three significant digits, without an exponent; "–" for what was not measured. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const digits = value === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 6));
}

/** "1.23 µs" of nanoseconds; other units as they are. */
export function withUnit(value: number, unit: string): string {
  if (!Number.isFinite(value)) return "–";
  if (unit === "ms" && value >= 10_000) return `${short(value / 1e3)} s`;
  if (unit !== "ns" || value < 1000) return `${short(value)} ${unit}`;
  return value < 1e6 ? `${short(value / 1e3)} µs` : `${short(value / 1e6)} ms`;
}

/** A Markdown table whose columns line up. */
export function table(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  return [line(head), rule, ...rows.slice(1).map(line)].join("\n");
}
