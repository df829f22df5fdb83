import { MeetError } from './errors.js';
import type { JoinResponse, RestApi } from './rest.js';
import type { Dial } from './signaling-channel.js';

export interface JoinIdentity {
  readonly meetingId: string;
  readonly displayName: string;
  readonly userId?: string;
  readonly hostToken?: string;
}

/** Joins with the ticket and the host token. When the server rejects one as expired, joins without it, in the end as a new participant. */
export async function joinOnce(rest: RestApi, identity: JoinIdentity, ticket: string | undefined): Promise<JoinResponse> {
  const request = { displayName: identity.displayName, ...(identity.userId === undefined ? {} : { userId: identity.userId }) };
  const tickets = ticket === undefined ? [undefined] : [ticket, undefined];
  const hostTokens = identity.hostToken === undefined ? [undefined] : [identity.hostToken, undefined];
  const attempts = tickets.flatMap(t => hostTokens.map(hostToken => ({ body: t === undefined ? request : { ...request, ticket: t }, hostToken })));
  for (const [index, attempt] of attempts.entries()) {
    try {
      return await rest.join(identity.meetingId, attempt.body, attempt.hostToken);
    } catch (error) {
      const rejected = error instanceof MeetError && error.code === 'unauthorized';
      if (!rejected || index === attempts.length - 1) throw error;
    }
  }
  throw new MeetError('unauthorized', 'The server rejected all credentials.');
}

/** How to reopen the WebSocket without a new join. The ticket is sent as a subprotocol, so that it appears in no URL and no access log. */
export function dialByTicket(webSocketUrl: string, meetingId: string, ticket: string): Dial {
  const url = new URL(webSocketUrl);
  url.pathname = `/meetings/${encodeURIComponent(meetingId)}`;
  url.search = '';
  return { url: url.toString(), protocols: ['meet.v1', `ticket.${ticket}`] };
}
