import { isText, type MessageChecks } from '../../core/messages.js';
import type { MediaType } from '../../core/wire-types.js';

/** What a host or the settings of the meeting have muted. */
export type MutedState = Readonly<Record<MediaType, boolean>>;

export type MuteClientMessage =
  | { type: 'mute'; mediaType: MediaType; reference: string }
  | { type: 'unmute'; mediaType: MediaType; reference: string };

/** What one participant sends now. With a reference, it is the response to this client's message with that reference. */
export type MediaUpdateMessage = { type: 'media-update'; participantId: string; audio: boolean; video: boolean; reference?: string };

/** The part of `joined` that this feature reads. */
export interface JoinedMuted {
  readonly muted?: MutedState;
}

export const muteChecks: MessageChecks<MediaUpdateMessage> = {
  'media-update': { participantId: isText },
};
