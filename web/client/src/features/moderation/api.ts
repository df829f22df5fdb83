import { meetingPath, participantPath, type HttpApi } from '../../core/http.js';

/** Ends the meeting for all participants; needs a host token. */
export function endMeeting(http: HttpApi, meetingId: string, hostToken: string): Promise<void> {
  return http.call('DELETE', meetingPath(meetingId), { bearer: hostToken });
}

/** Removes another participant from the meeting; needs a host token. */
export function removeParticipant(http: HttpApi, meetingId: string, participantId: string, hostToken: string): Promise<void> {
  return http.call('DELETE', participantPath(meetingId, participantId), { bearer: hostToken });
}
