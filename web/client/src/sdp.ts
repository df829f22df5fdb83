/** What tells one media session from another: a renegotiation keeps the ICE credentials, a new session has new ones (RFC 8839 §4.4.3.1.1). */
export function iceCredentials(sdp: string): string {
  const ufrag = /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1] ?? '';
  const password = /^a=ice-pwd:(\S+)/m.exec(sdp)?.[1] ?? '';
  return `${ufrag} ${password}`;
}
