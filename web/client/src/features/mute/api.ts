import { participantPath, type HttpApi } from '../../core/http.js';
import type { MediaType } from '../../core/wire-types.js';

/** Mutes another participant; needs a host token. */
export function muteParticipant(http: HttpApi, meetingId: string, participantId: string, mediaType: MediaType, hostToken: string): Promise<void> {
  return http.call('POST', `${participantPath(meetingId, participantId)}/mute`, { body: { mediaType }, bearer: hostToken });
}
