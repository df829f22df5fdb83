import type { Environment } from './environment.js';
import { errorFromResponse, MeetError } from './errors.js';
import type { Role, WireChatMessage } from './protocol.js';

export interface MeetingSettings {
  readonly maxParticipants?: number;
  readonly mode?: string;
  readonly muteOnEntry?: boolean;
  readonly emptyTimeoutSeconds?: number;
  readonly maxDurationMinutes?: number;
}

export interface CreateMeetingRequest {
  readonly title: string;
  readonly startTime?: string;
  readonly settings?: MeetingSettings;
}

export interface CreatedMeeting {
  readonly meetingId: string;
  readonly joinUrl: string;
  readonly hostToken: string;
}

export interface MeetingInfo {
  readonly meetingId: string;
  readonly title: string;
  readonly host?: unknown;
  readonly participants: readonly { readonly participantId: string; readonly displayName: string }[];
  readonly status: 'pending' | 'ready' | 'active' | 'ended';
}

export interface JoinRequest {
  readonly displayName: string;
  readonly userId?: string;
  readonly ticket?: string;
}

export interface JoinResponse {
  readonly participantId: string;
  readonly webSocketUrl: string;
  readonly iceServers: RTCIceServer[];
  readonly ticket: string;
  readonly role: Role;
}

/** The server responds within 5 s, also to a join that waits for a media node. A call that gets no response would hold up a reconnect. */
const responseTimeoutMs = 10_000;

/** The REST API of the server. Every method rejects with a `MeetError`. */
export class RestApi {
  readonly #environment: Environment;
  readonly #baseUrl: string;

  constructor(environment: Environment, baseUrl: string) {
    this.#environment = environment;
    this.#baseUrl = baseUrl.replace(/\/+$/, '');
  }

  createMeeting(request: CreateMeetingRequest, apiKey?: string): Promise<CreatedMeeting> {
    return this.#call('POST', '/meetings', request, apiKey);
  }

  getMeeting(meetingId: string): Promise<MeetingInfo> {
    return this.#call('GET', meetingPath(meetingId));
  }

  join(meetingId: string, request: JoinRequest, hostToken?: string): Promise<JoinResponse> {
    return this.#call('POST', `${meetingPath(meetingId)}/join`, request, hostToken);
  }

  async listMessages(meetingId: string, after: number, ticket: string): Promise<readonly WireChatMessage[]> {
    const response = await this.#call<{ messages?: readonly WireChatMessage[] }>('GET', `${meetingPath(meetingId)}/messages?after=${after}`, undefined, ticket);
    return response.messages ?? [];
  }

  async endMeeting(meetingId: string, hostToken: string): Promise<void> {
    await this.#call('DELETE', meetingPath(meetingId), undefined, hostToken);
  }

  async removeParticipant(meetingId: string, participantId: string, hostToken: string): Promise<void> {
    await this.#call('DELETE', participantPath(meetingId, participantId), undefined, hostToken);
  }

  async muteParticipant(meetingId: string, participantId: string, mediaType: string, hostToken: string): Promise<void> {
    await this.#call('POST', `${participantPath(meetingId, participantId)}/mute`, { mediaType }, hostToken);
  }

  async #call<T>(method: string, path: string, body?: unknown, bearer?: string): Promise<T> {
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
    if (!response.ok) throw await errorFromResponse(response);
    if (response.status === 204) return undefined as T;
    try {
      return await response.json() as T;
    } catch {
      throw new MeetError('unexpected', 'The meeting server returned a response that is not JSON.', { status: response.status });
    }
  }
}

const meetingPath = (meetingId: string): string => `/meetings/${encodeURIComponent(meetingId)}`;
const participantPath = (meetingId: string, participantId: string): string =>
  `${meetingPath(meetingId)}/participants/${encodeURIComponent(participantId)}`;
