import { MeetError } from './errors.js';
import type { JoinAnswer, RestApi } from './rest.js';
import type { Dial } from './signaling-channel.js';

export interface JoinIdentity {
  readonly meetingId: string;
  readonly displayName: string;
  readonly userId?: string;
  readonly hostToken?: string;
}

/** A credential that is too old is not the end: the person comes in again with what is left, in the end as a new participant. */
export async function joinOnce(rest: RestApi, identity: JoinIdentity, ticket: string | undefined): Promise<JoinAnswer> {
  const request = { displayName: identity.displayName, ...(identity.userId === undefined ? {} : { userId: identity.userId }) };
  const tickets = ticket === undefined ? [undefined] : [ticket, undefined];
  const hostTokens = identity.hostToken === undefined ? [undefined] : [identity.hostToken, undefined];
  const attempts = tickets.flatMap(t => hostTokens.map(hostToken => ({ body: t === undefined ? request : { ...request, ticket: t }, hostToken })));
  for (const [index, attempt] of attempts.entries()) {
    try {
      return await rest.join(identity.meetingId, attempt.body, attempt.hostToken);
    } catch (error) {
      const refused = error instanceof MeetError && error.code === 'unauthorized';
      if (!refused || index === attempts.length - 1) throw error;
    }
  }
  throw new MeetError('unauthorized', 'No credential is accepted.');
}

/** The socket again, without joining anew: the ticket goes as a subprotocol, so it is in no URL and no log. */
export function dialByTicket(webSocketUrl: string, meetingId: string, ticket: string): Dial {
  const url = new URL(webSocketUrl);
  url.pathname = `/meetings/${encodeURIComponent(meetingId)}`;
  url.search = '';
  return { url: url.toString(), protocols: ['meet.v1', `ticket.${ticket}`] };
}
