import type { MediaType } from '../../core/wire-types.js';
import { descriptorId, descriptorUri } from './dependency-descriptor.js';

/** Payload types of what this client sends. */
export const opusType = 111;
export const vp8Type = 96;
/** The ID of the audio level (RFC 6464) in what this client sends. */
export const levelId = 1;

const clocks = { audio: `opus/48000/2`, video: 'VP8/90000' } as const;

/** What this client sends and receives. */
export const codecs = { audio: { mimeType: 'audio/opus', payloadType: opusType, clockRate: 48_000, channels: 2 }, video: { mimeType: 'video/VP8', payloadType: vp8Type, clockRate: 90_000 } } as const;

export interface SentSection {
  readonly mid: string;
  readonly kind: MediaType;
  readonly isActive: boolean;
  readonly ssrc: number;
}

/** What a description must have about ICE and DTLS, which a tunnel does not use. */
export interface TransportNames {
  readonly ufrag: string;
  readonly password: string;
  /** Hexadecimal, 32 bytes. */
  readonly fingerprint: string;
}

export function newTransportNames(): TransportNames {
  const bytes = crypto.getRandomValues(new Uint8Array(64));
  const hex = [...bytes].map(byte => byte.toString(16).padStart(2, '0'));
  return { ufrag: hex.slice(0, 4).join(''), password: hex.slice(4, 16).join(''), fingerprint: hex.slice(32).join(':').toUpperCase() };
}

const head = (session: number, version: number, mids: readonly string[]): string[] =>
  ['v=0', `o=- ${session} ${version} IN IP4 127.0.0.1`, 's=-', 't=0 0', `a=group:BUNDLE ${mids.join(' ')}`];

const transport = ({ ufrag, password, fingerprint }: TransportNames, setup: string): string[] =>
  ['c=IN IP4 0.0.0.0', `a=ice-ufrag:${ufrag}`, `a=ice-pwd:${password}`, `a=fingerprint:sha-256 ${fingerprint}`, `a=setup:${setup}`, 'a=rtcp-mux'];

const write = (lines: readonly string[]): string => lines.map(line => `${line}\r\n`).join('');

/** An offer to send Opus and VP8. The frames of an encrypted meeting have dependency descriptors. */
export function writeOffer(session: number, version: number, names: TransportNames, sections: readonly SentSection[], isEncrypted: boolean): string {
  const lines = head(session, version, sections.map(({ mid }) => mid));
  for (const { mid, kind, isActive, ssrc } of sections) {
    const type = kind === 'audio' ? opusType : vp8Type;
    lines.push(`m=${kind} 9 UDP/TLS/RTP/SAVPF ${type}`, ...transport(names, 'actpass'), `a=mid:${mid}`, isActive ? 'a=sendonly' : 'a=inactive', `a=rtpmap:${type} ${clocks[kind]}`);
    if (kind === 'audio') lines.push(`a=fmtp:${type} minptime=10;useinbandfec=1`, `a=extmap:${levelId} urn:ietf:params:rtp-hdrext:ssrc-audio-level`);
    else lines.push(`a=rtcp-fb:${type} ccm fir`, `a=rtcp-fb:${type} nack pli`);
    if (kind === 'video' && isEncrypted) lines.push(`a=extmap:${descriptorId} ${descriptorUri}`);
    lines.push(`a=ssrc:${ssrc} cname:tunnel`);
  }
  return write(lines);
}

export interface ReceivedSection {
  readonly mid: string;
  readonly kind: MediaType;
  /** Null when the section offers nothing that this client can receive. */
  readonly payloadType: number | null;
  readonly ssrc: number | null;
  /** The ID of the transport-wide sequence number; null without it. */
  readonly numberId: number | null;
}

const numberUri = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';

/** Reads the sections of the media node's offer. */
export function readOffer(sdp: string): ReceivedSection[] {
  return sdp.split(/^(?=m=)/m).slice(1).map(text => {
    const kind = text.startsWith('m=audio') ? 'audio' : 'video';
    const find = (pattern: RegExp): string | undefined => pattern.exec(text)?.[1];
    const type = find(kind === 'audio' ? /^a=rtpmap:(\d+) opus\/48000/im : /^a=rtpmap:(\d+) VP8\/90000/im);
    const ssrc = find(/^a=ssrc:(\d+) /m);
    const numberId = find(new RegExp(`^a=extmap:(\\d+)(?:/\\w+)? ${numberUri.replace(/[.]/g, '\\.')}`, 'm'));
    return {
      mid: find(/^a=mid:(\S+)/m) ?? '',
      kind,
      payloadType: type === undefined || /^a=inactive/m.test(text) ? null : Number(type),
      ssrc: ssrc === undefined ? null : Number(ssrc),
      numberId: numberId === undefined ? null : Number(numberId),
    };
  });
}

/** The answer that accepts Opus and VP8. */
export function writeAnswer(session: number, version: number, names: TransportNames, sections: readonly ReceivedSection[]): string {
  const lines = head(session, version, sections.map(({ mid }) => mid));
  for (const { mid, kind, payloadType, numberId } of sections) {
    lines.push(`m=${kind} ${payloadType === null ? 0 : 9} UDP/TLS/RTP/SAVPF ${payloadType ?? 0}`, ...transport(names, 'active'), `a=mid:${mid}`, payloadType === null ? 'a=inactive' : 'a=recvonly');
    if (payloadType === null) continue;
    lines.push(`a=rtpmap:${payloadType} ${clocks[kind]}`);
    if (kind === 'video') lines.push(`a=rtcp-fb:${payloadType} ccm fir`, `a=rtcp-fb:${payloadType} nack pli`);
    if (numberId !== null) lines.push(`a=rtcp-fb:${payloadType} transport-cc`, `a=extmap:${numberId} ${numberUri}`);
  }
  return write(lines);
}
