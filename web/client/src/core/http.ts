import type { Environment } from './environment.js';
import { errorFromResponse, MeetError, type CodesByStatus } from './errors.js';

export interface HttpRequest {
  readonly body?: unknown;
  /** A host token, a ticket or an API key. */
  readonly bearer?: string | undefined;
  /** What a response means that names no code, where that differs from other requests. */
  readonly codes?: CodesByStatus;
}

/** Without a limit, a call that gets no response would hold up a reconnect. A join may wait 5 s for a media node, so the limit is longer. */
const responseTimeoutMs = 10_000;

/** Sends JSON requests to the REST API. Rejects with a `MeetError`. */
export class HttpApi {
  readonly #environment: Environment;
  readonly #baseUrl: string;

  constructor(environment: Environment, baseUrl: string) {
    this.#environment = environment;
    this.#baseUrl = baseUrl.replace(/\/+$/, '');
  }

  async call<T>(method: string, path: string, { body, bearer, codes }: HttpRequest = {}): Promise<T> {
    let response: Response;
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), responseTimeoutMs);
    try {
      response = await this.#environment.fetch(this.#baseUrl + path, {
        method,
        signal: timeout.signal,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch {
      throw new MeetError('network', 'The meeting server cannot be reached.');
    } finally {
      clearTimeout(timer);
    }
    if (!response.ok) throw await errorFromResponse(response, codes);
    if (response.status === 204) return undefined as T;
    try {
      return await response.json() as T;
    } catch {
      throw new MeetError('unexpected', 'The meeting server returned a response that is not JSON.', { status: response.status });
    }
  }
}

export const meetingPath = (meetingId: string): string => `/meetings/${encodeURIComponent(meetingId)}`;

export const participantPath = (meetingId: string, participantId: string): string =>
  `${meetingPath(meetingId)}/participants/${encodeURIComponent(participantId)}`;
