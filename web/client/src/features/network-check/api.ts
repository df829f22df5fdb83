import { MeetError } from '../../core/errors.js';
import { meetingPath, type HttpApi } from '../../core/http.js';
import type { RungResult } from './results.js';
import type { OpenedCheck } from './rungs.js';

export interface CheckRequest {
  readonly region?: string;
  readonly ticket?: string;
}

const checkPath = (meetingId: string, checkId: string): string => `${meetingPath(meetingId)}/checks/${encodeURIComponent(checkId)}`;

/** A server of an earlier version does not know the path, and answers 404 without a code. */
export function openCheck(http: HttpApi, meetingId: string, request: CheckRequest): Promise<OpenedCheck> {
  return http.call('POST', `${meetingPath(meetingId)}/checks`, { body: request, codes: { 404: 'check-unavailable' } });
}

/** Opens the connection that sends (`connections`), or the one that receives what the connection of this name sends (`echo`). */
export async function exchange(http: HttpApi, meetingId: string, checkId: string, kind: 'connections' | 'echo', name: string, sdp: string): Promise<string> {
  return (await http.call<{ sdp: string }>('POST', `${checkPath(meetingId, checkId)}/${kind}/${name}`, { body: { sdp } })).sdp;
}

/** Rejects with the reason if the server does not take the tunnel of a check: a browser does not tell why a WebSocket has not opened. */
export async function ensureTunnel(http: HttpApi, meetingId: string, checkId: string): Promise<void> {
  try {
    await http.call('GET', `${meetingPath(meetingId)}/tunnel?check=${encodeURIComponent(checkId)}`);
  } catch (error) {
    if (!(error instanceof MeetError && error.code === 'invalid-request')) throw error; // only the upgrade is missing
  }
}

export function endCheck(http: HttpApi, meetingId: string, checkId: string, results: readonly RungResult[]): Promise<void> {
  const rungs = results.filter(({ state }) => state === 'connected' || state === 'failed').map(({ rung, state }) => ({ path: rung.path, family: rung.family, result: state }));
  return http.call('PUT', `${checkPath(meetingId, checkId)}/result`, { body: { rungs } });
}
