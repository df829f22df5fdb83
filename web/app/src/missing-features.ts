/** The features that a meeting needs and this browser lacks. */
export function missingFeatures(): string[] {
  const missing: string[] = [];
  if (typeof RTCPeerConnection === 'undefined') missing.push('WebRTC');
  else if (!('addTransceiver' in RTCPeerConnection.prototype)) missing.push('Unified Plan WebRTC');
  if (typeof WebSocket === 'undefined') missing.push('WebSocket');
  return missing;
}
