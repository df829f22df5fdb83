import { MeetError } from './errors.js';
import type { Environment } from './environment.js';
import type { JoinAnswer, RestApi } from './rest.js';
import type { Dial } from './signaling-channel.js';

export interface JoinIdentity {
  readonly meetingId: string;
  readonly displayName: string;
  readonly userId?: string;
  readonly hostToken?: string;
}

const placementPatienceMs = 30_000;

/** Joins over REST; waits for a media node while the meeting is being placed. */
export async function joinPatiently(
  environment: Environment, rest: RestApi, identity: JoinIdentity, ticket: string | undefined, signal?: AbortSignal,
): Promise<JoinAnswer> {
  const deadline = environment.now() + placementPatienceMs;
  for (;;) {
    try {
      return await joinOnce(rest, identity, ticket);
    } catch (error) {
      const waits = error instanceof MeetError && (error.code === 'not-placed' || error.code === 'media-node-unreachable');
      if (!waits || environment.now() >= deadline) throw error;
      await pause(Math.min(5, Math.max(0.2, error.retryAfterSeconds ?? 1)) * 1000, signal);
    }
  }
}

/** A ticket that is too old is not the end: the person comes in again as a new participant. */
export async function joinOnce(rest: RestApi, identity: JoinIdentity, ticket: string | undefined): Promise<JoinAnswer> {
  const request = { displayName: identity.displayName, ...(identity.userId === undefined ? {} : { userId: identity.userId }) };
  if (ticket === undefined) return rest.join(identity.meetingId, request, identity.hostToken);
  try {
    return await rest.join(identity.meetingId, { ...request, ticket }, identity.hostToken);
  } catch (error) {
    if (error instanceof MeetError && error.code === 'unauthorized') return rest.join(identity.meetingId, request, identity.hostToken);
    throw error;
  }
}

/** The socket again, without joining anew: the ticket goes as a subprotocol, so it is in no URL and no log. */
export function dialByTicket(webSocketUrl: string, meetingId: string, ticket: string): Dial {
  const url = new URL(webSocketUrl);
  url.pathname = `/meetings/${encodeURIComponent(meetingId)}`;
  url.search = '';
  return { url: url.toString(), protocols: ['meet.v1', `ticket.${ticket}`] };
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', aborted);
      resolve();
    }, ms);
    signal?.addEventListener('abort', aborted, { once: true });
    if (signal?.aborted) aborted();
  });
}
