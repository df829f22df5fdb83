/** A video track of another participant, and its size on the screen in device pixels. */
export interface ShownTrack {
  readonly participantId: string;
  readonly source: 'camera' | 'screen';
  readonly width: number;
  readonly height: number;
}

export interface ViewMessage {
  type: 'view';
  tracks: readonly ShownTrack[];
}

/** The part of `joined` that this feature reads. Servers of earlier versions send no capabilities and do not know `view`. */
export interface JoinedView {
  readonly capabilities?: { readonly view?: boolean };
}
