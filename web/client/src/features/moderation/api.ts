import { participantPath, type HttpApi } from '../../core/http.js';

/** Removes another participant from the meeting; needs a host token. */
export function removeParticipant(http: HttpApi, meetingId: string, participantId: string, hostToken: string): Promise<void> {
  return http.call('DELETE', participantPath(meetingId, participantId), { bearer: hostToken });
}
