import { MeetClient, type JoinOptions } from '../src/client.js';
import type { Meeting } from '../src/meeting.js';
import { ScriptedServer, settle } from './fakes.js';

export async function joinMeeting(options: Partial<JoinOptions> = {}, server = new ScriptedServer()): Promise<{ server: ScriptedServer; meeting: Meeting }> {
  const client = new MeetClient({ baseUrl: 'https://meet.test', environment: server.environment });
  const meeting = await client.join('m1', { displayName: 'Ada', ...options });
  await settle();
  return { server, meeting };
}

/** Joins a meeting and processes `joined`. */
export async function joinedMeeting(participants: object[] = [], more: object = {}, options: Partial<JoinOptions> = {}): Promise<{ server: ScriptedServer; meeting: Meeting }> {
  const joined = await joinMeeting(options);
  joined.server.acceptJoin(participants, more);
  await settle();
  return joined;
}
