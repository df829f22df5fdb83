import { MeetClient } from '@meetoperator/client';

export const client = new MeetClient();

/** What this browser lacks for a meeting; empty when it can take part. */
export function missingFeatures(): string[] {
  const missing: string[] = [];
  if (typeof RTCPeerConnection === 'undefined') missing.push('WebRTC');
  else if (!('addTransceiver' in RTCPeerConnection.prototype)) missing.push('unified-plan WebRTC');
  if (typeof WebSocket === 'undefined') missing.push('WebSocket');
  return missing;
}
