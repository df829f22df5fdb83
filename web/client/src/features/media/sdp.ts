/** Identifies a media session: a renegotiation keeps the ICE credentials, and a new session has new ones (RFC 8839 §4.4.3.1.1). */
export function iceCredentials(sdp: string): string {
  const ufrag = /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1] ?? '';
  const password = /^a=ice-pwd:(\S+)/m.exec(sdp)?.[1] ?? '';
  return `${ufrag} ${password}`;
}

/** Adds `stereo=1` for every Opus format that is offered in stereo; without it, browsers decode mono (RFC 7587 §6.1). */
export function withStereo(offer: string, answer: string): string {
  const stereo = new Set([...offer.matchAll(/^a=fmtp:(\d+) .*\bsprop-stereo=1\b/gm)].map(([, payloadType]) => payloadType));
  if (stereo.size === 0) return answer;
  return answer.replace(/^a=fmtp:(\d+) (?!.*\bstereo=1\b)[^\r\n]*/gm, (line, payloadType: string) => stereo.has(payloadType) ? `${line};stereo=1` : line);
}

/** Requests that silence is not sent (`usedtx`, RFC 7587 §6.1), in these media sections of an offer or answer. */
export function withDtx(sdp: string, mids: readonly string[]): string {
  return sdp.split(/^(?=m=)/m).map(section => {
    if (!mids.includes(/^a=mid:(\S+)/m.exec(section)?.[1] ?? '')) return section;
    const opus = [...section.matchAll(/^a=rtpmap:(\d+) opus\//gim)].map(([, payloadType]) => payloadType);
    return section.replace(/^a=fmtp:(\d+) (?!.*\busedtx=)[^\r\n]*/gm, (line, payloadType: string) => opus.includes(payloadType) ? `${line};usedtx=1` : line);
  }).join('');
}
