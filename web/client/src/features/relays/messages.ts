import type { MessageChecks } from '../../core/messages.js';

/** The servers that the connections to the SFU use from now on, in place of all earlier ones. */
export type RelaysServerMessage = { type: 'ice-servers'; iceServers: RTCIceServer[] };

export const relaysChecks: MessageChecks<RelaysServerMessage> = {
  'ice-servers': { iceServers: Array.isArray },
};
