import { meetingPath, type HttpApi } from '../../core/http.js';
import type { StatsSummary } from '../stats/summary.js';
import { reportOf, type DiagnosticReport } from './report.js';

export interface DiagnosticsHost {
  /** The measurements of the last two minutes, oldest first. */
  history(): readonly StatsSummary[];
  ticket(): string;
  now(): number;
  monotonicNow(): number;
  /** A number in [0, 1). */
  random(): number;
}

/** Prepares and sends reports about problems of one meeting. */
export class Diagnostics {
  readonly #http: HttpApi;
  readonly #meetingId: string;
  readonly #host: DiagnosticsHost;
  /** Makes the references of this instance unique in the meeting. */
  readonly #referencePrefix: string;
  #count = 0;

  constructor(http: HttpApi, meetingId: string, host: DiagnosticsHost) {
    this.#http = http;
    this.#meetingId = meetingId;
    this.#host = host;
    this.#referencePrefix = `${Math.floor(host.random() * 2 ** 32).toString(36)}-${host.now().toString(36)}`;
  }

  prepare(browser: string): DiagnosticReport {
    return reportOf(this.#host.history(), this.#host.monotonicNow(), `${this.#referencePrefix}-${++this.#count}`, browser);
  }

  /** Returns the ID of the stored report. */
  async send(report: DiagnosticReport): Promise<string> {
    const { reportId } = await this.#http.call<{ reportId: string }>('POST', `${meetingPath(this.#meetingId)}/diagnostics`, { body: { consent: true, ...report }, bearer: this.#host.ticket() });
    return reportId;
  }
}
