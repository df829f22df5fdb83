import { MeetError } from '../core/errors.js';
import type { HttpApi } from '../core/http.js';
import { joinMeeting, type JoinResponse } from './meetings-api.js';

export interface JoinIdentity {
  readonly meetingId: string;
  readonly displayName: string;
  readonly userId?: string;
  readonly region?: string;
  readonly hostToken?: string;
}

/** Joins with the ticket and the host token. If the server rejects one of them as expired, joins without it; without a valid ticket, as a new participant. */
export async function joinOnce(http: HttpApi, identity: JoinIdentity, ticket: string | undefined): Promise<JoinResponse> {
  const request = {
    displayName: identity.displayName,
    ...(identity.userId === undefined ? {} : { userId: identity.userId }),
    ...(identity.region === undefined ? {} : { region: identity.region }),
  };
  const tickets = ticket === undefined ? [undefined] : [ticket, undefined];
  const hostTokens = identity.hostToken === undefined ? [undefined] : [identity.hostToken, undefined];
  const attempts = tickets.flatMap(t => hostTokens.map(hostToken => ({ body: t === undefined ? request : { ...request, ticket: t }, hostToken })));
  for (const [index, attempt] of attempts.entries()) {
    try {
      return await joinMeeting(http, identity.meetingId, attempt.body, attempt.hostToken);
    } catch (error) {
      const rejected = error instanceof MeetError && error.code === 'unauthorized';
      if (!rejected || index === attempts.length - 1) throw error;
    }
  }
  throw new MeetError('unauthorized', 'The server rejected all credentials.');
}
