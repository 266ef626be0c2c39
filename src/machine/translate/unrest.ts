/**
 * Frames whose code changes again and again, by samples as the measure of time. A frame is not held
 * to be restless for ever: frames are given to one program after the other.
 */

/** A frame whose code changes more often is not translated: it holds data, or code being made. */
const CHANGES_MAX = 16;
/** After so many samples without a change it is a frame like others: perhaps another program's. */
const CALM_SAMPLES = 500;

/** How often the code of frames was changed since it was calm. */
export class Unrest {
  private samples = 0;
  private readonly frames = new Map<number, { readonly changes: number; readonly at: number }>();

  /** A sample was taken: time goes on. */
  sampled(): void {
    this.samples++;
  }

  /** Translated code of a frame was changed, or given up. */
  changed(frame: number): void {
    const changes = (this.recent(frame)?.changes ?? 0) + 1;
    this.frames.set(frame, { changes, at: this.samples });
  }

  isRestless(frame: number): boolean {
    return (this.recent(frame)?.changes ?? 0) > CHANGES_MAX;
  }

  private recent(frame: number): { readonly changes: number } | undefined {
    const known = this.frames.get(frame);
    return known !== undefined && this.samples - known.at < CALM_SAMPLES ? known : undefined;
  }
}
