import { joinOnce } from './connector.js';
import { browserEnvironment, type Environment } from './environment.js';
import { Meeting } from './meeting.js';
import { lookPatienceMs, patiently } from './patience.js';
import { RestApi, type CreatedMeeting, type CreateMeetingRequest, type MeetingInfo } from './rest.js';

export interface MeetClientOptions {
  /** Where MeetOperator answers, without a path. In a browser: the page's own origin. */
  readonly baseUrl?: string;
  readonly environment?: Environment;
}

export interface JoinOptions {
  readonly displayName: string;
  readonly userId?: string;
  /** Of an earlier `join` in this meeting: come back as the same participant. */
  readonly ticket?: string;
  /** From `createMeeting`: join as host. */
  readonly hostToken?: string;
  readonly signal?: AbortSignal;
}

/** The way in: makes, finds and joins meetings. */
export class MeetClient {
  readonly #environment: Environment;
  readonly #rest: RestApi;

  constructor(options: MeetClientOptions = {}) {
    this.#environment = options.environment ?? browserEnvironment();
    this.#rest = new RestApi(this.#environment, options.baseUrl ?? globalThis.location?.origin ?? '');
  }

  createMeeting(request: CreateMeetingRequest, credentials: { readonly apiKey?: string } = {}): Promise<CreatedMeeting> {
    return this.#rest.createMeeting(request, credentials.apiKey);
  }

  /** Waits while the server is being restarted, or is asked too much at once. */
  getMeeting(meetingId: string, options: { readonly signal?: AbortSignal } = {}): Promise<MeetingInfo> {
    return patiently(this.#environment, () => this.#rest.getMeeting(meetingId), options.signal, lookPatienceMs);
  }

  /**
   * Waits while the meeting is being placed, while a part of the server is being restarted, and while too many people come in at once. Resolves when
   * the server has let us in; `snapshot.connection` then tells how far the connection is.
   */
  async join(meetingId: string, options: JoinOptions): Promise<Meeting> {
    const identity = {
      meetingId,
      displayName: options.displayName,
      ...(options.userId === undefined ? {} : { userId: options.userId }),
      ...(options.hostToken === undefined ? {} : { hostToken: options.hostToken }),
    };
    const answer = await patiently(this.#environment, () => joinOnce(this.#rest, identity, options.ticket), options.signal);
    return new Meeting(this.#environment, this.#rest, identity, answer);
  }
}
