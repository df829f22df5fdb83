import type { MessageChecks } from '../../core/messages.js';

/**
 * The servers that the connections to the SFU use from now on, in place of all earlier ones. With the policy `relay`, media nodes answer only what comes from one of them; without a policy,
 * every path may be tried. With `tunnel`, tunnels through signaling may be used when no path works. `refused` says why there
 * are none, although others have some: with `quota-exceeded`, the organization uses all that it may.
 */
export type RelaysServerMessage = { type: 'ice-servers'; iceServers: RTCIceServer[]; iceTransportPolicy?: RTCIceTransportPolicy; tunnel?: boolean; refused?: string };

export const relaysChecks: MessageChecks<RelaysServerMessage> = {
  'ice-servers': { iceServers: Array.isArray },
};
