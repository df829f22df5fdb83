import type { MessageChecks } from '../../core/messages.js';

/** A video track of another participant, and its size on the screen in device pixels. */
export interface ShownTrack {
  readonly participantId: string;
  readonly source: 'camera' | 'screen';
  readonly width: number;
  readonly height: number;
  /** Whether the person has chosen to see this track before others. */
  readonly pinned?: boolean;
}

/** A video track that the page shows and the server does not send. */
export interface PausedTrack {
  readonly participantId: string;
  readonly source: 'camera' | 'screen';
}

/** All tracks that are paused because the line of this participant cannot take them. */
export type ViewServerMessage = { type: 'paused'; tracks: readonly PausedTrack[] };

export const viewChecks: MessageChecks<ViewServerMessage> = {
  'paused': { tracks: Array.isArray },
};

export interface ViewMessage {
  type: 'view';
  tracks: readonly ShownTrack[];
  pinned?: readonly string[];
}

/** The part of `joined` that this feature reads. Servers of earlier versions send no capabilities and do not know `view`. */
export interface JoinedView {
  readonly capabilities?: { readonly view?: boolean };
}
