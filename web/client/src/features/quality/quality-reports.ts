import type { Feature } from '../../core/feature.js';
import type { StatsSummary } from '../stats/summary.js';
import type { JoinedQuality, QualityMessage } from './messages.js';
import { reportOf } from './report.js';

const intervalMs = 10_000;

export interface QualityHost {
  send(message: QualityMessage): boolean;
  /** What happened since the previous call. */
  measure(): Promise<StatsSummary>;
}

/** Reports every ten seconds what this participant receives, for the host and for the people who run the server. */
export class QualityReports implements Feature<JoinedQuality, never> {
  readonly handlers = {};
  readonly #host: QualityHost;
  #timer: ReturnType<typeof setInterval> | undefined;
  #firstFrameMs: number | null = null;
  #firstFrameSent = false;

  constructor(host: QualityHost) {
    this.#host = host;
  }

  /** The first picture of another participant was shown, so many milliseconds after the join. Only the first call counts. */
  firstFrame(afterMs: number): void {
    this.#firstFrameMs ??= Math.min(600_000, Math.max(0, Math.round(afterMs)));
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
    if (summary === null || summary.quality === 'unknown' || timer !== this.#timer) return;
    const isNew = this.#firstFrameMs !== null && !this.#firstFrameSent;
    if (this.#host.send(reportOf(summary, isNew ? this.#firstFrameMs : null)) && isNew) this.#firstFrameSent = true;
  }
}
