import type { Feature } from '../../core/feature.js';
import { meetingPath, type HttpApi } from '../../core/http.js';
import type { JoinedSurvey } from './messages.js';

/** 1 (very bad) to 5 (very good). */
export type SurveyRating = 1 | 2 | 3 | 4 | 5;

export interface SurveyHost {
  ticket(): string;
  /** Whether the person should be asked at the end how the call was. */
  onChange(isWanted: boolean): void;
}

/** The question about the call that the tenant may want answered at the end. */
export class Survey implements Feature<JoinedSurvey, never> {
  readonly handlers = {};
  readonly #http: HttpApi;
  readonly #meetingId: string;
  readonly #host: SurveyHost;

  constructor(http: HttpApi, meetingId: string, host: SurveyHost) {
    this.#http = http;
    this.#meetingId = meetingId;
    this.#host = host;
  }

  handleJoined({ survey }: JoinedSurvey): void {
    this.#host.onChange(survey === true);
  }

  async answer(rating: SurveyRating, text: string): Promise<void> {
    const written = text.trim();
    await this.#http.call('PUT', `${meetingPath(this.#meetingId)}/survey`, { body: { rating, ...(written === '' ? {} : { text: written }) }, bearer: this.#host.ticket() });
  }
}
