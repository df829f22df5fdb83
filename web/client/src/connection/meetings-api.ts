import { meetingPath, type HttpApi } from '../core/http.js';
import type { Role } from '../core/wire-types.js';

export interface MeetingSettings {
  readonly maxParticipants?: number;
  readonly mode?: string;
  readonly muteOnEntry?: boolean;
  /** Encryption of media between the clients. */
  readonly e2ee?: 'Off' | 'Required';
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
  readonly region?: string;
  readonly ticket?: string;
}

export interface JoinResponse {
  readonly participantId: string;
  readonly webSocketUrl: string;
  readonly iceServers: RTCIceServer[];
  readonly ticket: string;
  readonly role: Role;
}

export function createMeeting(http: HttpApi, request: CreateMeetingRequest, apiKey?: string): Promise<CreatedMeeting> {
  return http.call('POST', '/meetings', { body: request, bearer: apiKey });
}

export function getMeeting(http: HttpApi, meetingId: string): Promise<MeetingInfo> {
  return http.call('GET', meetingPath(meetingId));
}

export function joinMeeting(http: HttpApi, meetingId: string, request: JoinRequest, hostToken?: string): Promise<JoinResponse> {
  return http.call('POST', `${meetingPath(meetingId)}/join`, { body: request, bearer: hostToken });
}
