import type { Feature } from '../../core/feature.js';
import type { PathFailures } from '../stats/path-failures.js';
import { worstPath } from '../stats/path.js';
import type { StatsSummary } from '../stats/summary.js';
import type { JoinedQuality, QualityMessage } from './messages.js';
import { reportOf, type JoinTimes } from './report.js';

const intervalMs = 10_000;

export interface QualityHost {
  send(message: QualityMessage): boolean;
  /** What happened since the previous call. */
  measure(): Promise<StatsSummary>;
  readonly pathFailures: Pick<PathFailures, 'counted' | 'clear'>;
}

/** Reports every ten seconds what this participant receives, for the host and for the people who run the server. */
export class QualityReports implements Feature<JoinedQuality, never> {
  readonly handlers = {};
  readonly #host: QualityHost;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** What is still to be reported. */
  #times: JoinTimes = {};
  readonly #measured = new Set<keyof JoinTimes>();

  constructor(host: QualityHost) {
    this.#host = host;
  }

  /** The first picture of another participant was shown, so many milliseconds after the join. Only the first call counts. */
  firstFrame(afterMs: number): void {
    this.#setTime('firstFrameMs', afterMs);
  }

  /** A connection to the media node has gathered its candidates in so many milliseconds. Only the first call counts. */
  gathered(inMs: number): void {
    this.#setTime('gatheringMs', inMs);
  }

  handleJoined({ capabilities }: JoinedQuality): void {
    clearInterval(this.#timer);
    if (capabilities?.quality === true) this.#timer = setInterval(() => void this.#report(), intervalMs);
  }

  handleOffline(): void {
    clearInterval(this.#timer);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #report(): Promise<void> {
    const timer = this.#timer;
    const summary = await this.#host.measure().catch(() => null);
    if (summary === null || timer !== this.#timer || !isWorthReporting(summary)) return;
    const { pathFailures } = this.#host;
    if (!this.#host.send(reportOf(summary, this.#times, pathFailures.counted))) return;
    this.#times = {};
    pathFailures.clear();
  }

  #setTime(name: keyof JoinTimes, ms: number): void {
    if (this.#measured.has(name)) return;
    this.#measured.add(name);
    this.#times = { ...this.#times, [name]: Math.min(600_000, Math.max(0, Math.round(ms))) };
  }
}

/** Nothing is known about a connection that has just begun, but one that does not get through is what the people who run the server look for. */
const isWorthReporting = (summary: StatsSummary): boolean => summary.quality !== 'unknown' || worstPath(summary.paths).kind === 'none';
