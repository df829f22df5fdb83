import { meetingPath, type HttpApi } from '../../core/http.js';
import type { WireChatMessage } from './messages.js';

/** Reads one page of stored messages after the given ID, oldest first. */
export async function listMessages(http: HttpApi, meetingId: string, after: number, ticket: string): Promise<readonly WireChatMessage[]> {
  const response = await http.call<{ messages?: readonly WireChatMessage[] }>('GET', `${meetingPath(meetingId)}/messages?after=${after}`, { bearer: ticket });
  return response.messages ?? [];
}
