/** Terms of docs/signaling-protocol.md that more than one feature uses. */
export type MediaType = 'audio' | 'video';
export type TrackSource = 'microphone' | 'camera' | 'screen' | 'screen-audio';
export type Role = 'host' | 'participant';
