import { joinOnce } from './connection/join.js';
import { createMeeting, getMeeting, type CreatedMeeting, type CreateMeetingRequest, type MeetingInfo } from './connection/meetings-api.js';
import { browserEnvironment, type Environment } from './core/environment.js';
import { HttpApi } from './core/http.js';
import { lookupWindowMs, retryTransient } from './core/retry.js';
import { createIdentity } from './features/e2ee/identity.js';
import { browserEncryption } from './features/e2ee/support.js';
import type { NetworkCheckOptions } from './features/network-check/network-check.js';
import type { NetworkCheck } from './features/network-check/results.js';
import { Meeting } from './meeting.js';

export interface MeetClientOptions {
  /** The origin of the MeetOperator server, without a path. The default is the origin of the page. */
  readonly baseUrl?: string;
  readonly environment?: Environment;
}

export interface JoinOptions {
  readonly displayName: string;
  readonly userId?: string;
  /** Where the participant is: the name of a region as in the server's pools. Without it, the server looks the address up in the tenant's table of networks. */
  readonly region?: string;
  /** The ticket of an earlier `join` to this meeting; with it, the client rejoins as the same participant. */
  readonly ticket?: string;
  /** The host token from `createMeeting`; with it, the client joins as host. */
  readonly hostToken?: string;
  readonly signal?: AbortSignal;
  /** Join only if the meeting is encrypted end to end; otherwise the connection fails with the code `encryption-required`. */
  readonly requireEncryption?: boolean;
}

/** Creates, looks up and joins meetings. Every method rejects with a `MeetError`. */
export class MeetClient {
  readonly #environment: Environment;
  readonly #http: HttpApi;

  constructor(options: MeetClientOptions = {}) {
    this.#environment = options.environment ?? { ...browserEnvironment(), ...browserEncryption() };
    this.#http = new HttpApi(this.#environment, options.baseUrl ?? globalThis.location?.origin ?? '');
  }

  createMeeting(request: CreateMeetingRequest, credentials: { readonly apiKey?: string } = {}): Promise<CreatedMeeting> {
    return createMeeting(this.#http, request, credentials.apiKey);
  }

  /** Retries for up to ten seconds while the server restarts or limits requests. */
  getMeeting(meetingId: string, options: { readonly signal?: AbortSignal } = {}): Promise<MeetingInfo> {
    return retryTransient(this.#environment, () => getMeeting(this.#http, meetingId), options.signal, lookupWindowMs);
  }

  /**
   * Finds out which ways lead to the media node of a meeting, and what the best one carries, without joining and without camera or microphone; in a meeting, with its `ticket`. Takes up to 20
   * seconds. `findingsOf` says what the result means. Rejects with the code `check-unavailable` if the media node cannot do it.
   */
  async checkNetwork(meetingId: string, options: NetworkCheckOptions = {}): Promise<NetworkCheck> {
    const { NetworkCheckRun } = await import('./features/network-check/network-check.js');
    return new NetworkCheckRun(this.#environment, this.#http, meetingId, options).run();
  }

  /**
   * Retries while the meeting is being placed, while a part of the server restarts and while the server limits joins. Resolves when the server has
   * admitted the participant; `snapshot.connection` then shows the progress of the connection.
   */
  async join(meetingId: string, options: JoinOptions): Promise<Meeting> {
    const identity = {
      meetingId,
      displayName: options.displayName,
      ...(options.userId === undefined ? {} : { userId: options.userId }),
      ...(options.region === undefined ? {} : { region: options.region }),
      ...(options.hostToken === undefined ? {} : { hostToken: options.hostToken }),
    };
    const startedAt = this.#environment.monotonicNow();
    const [answer, encryption] = await Promise.all([
      retryTransient(this.#environment, () => joinOnce(this.#http, identity, options.ticket), options.signal),
      this.#environment.e2ee === undefined ? null : createIdentity(),
    ]);
    return new Meeting(this.#environment, this.#http, identity, answer, startedAt, { identity: encryption, isRequired: options.requireEncryption === true });
  }
}
