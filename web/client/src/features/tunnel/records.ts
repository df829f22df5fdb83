import type { MediaType } from '../../core/wire-types.js';
import type { TunnelLink } from './link.js';
import type { PictureReceiver } from './picture-receiver.js';
import type { PictureSender } from './picture-sender.js';
import { codecs } from './sdp.js';
import { SoundReceiver } from './sound-receiver.js';
import type { SoundSender } from './sound-sender.js';

type StatsRecord = { readonly id: string; readonly type: string } & { readonly [field: string]: unknown };

/** The path as in the statistics of WebRTC: its protocol is `tunnel`. Reports and their acknowledgements are counted as connectivity checks, which show whether the path is alive. */
export function pathRecords(link: TunnelLink | null, isConnected: boolean): StatsRecord[] {
  if (link === null || !isConnected) return [];
  const time = link.roundTripMs === null ? {} : { currentRoundTripTime: link.roundTripMs / 1000 };
  return [
    { id: 'transport', type: 'transport', selectedCandidatePairId: 'pair' },
    {
      id: 'pair', type: 'candidate-pair', nominated: true, state: 'succeeded', localCandidateId: 'local', remoteCandidateId: 'remote', bytesSent: link.bytesSent, bytesReceived: link.bytesReceived,
      requestsSent: link.reports, responsesReceived: link.acknowledgements, ...time,
    },
    { id: 'local', type: 'local-candidate', candidateType: 'host', protocol: 'tunnel' },
    { id: 'remote', type: 'remote-candidate', candidateType: 'host', protocol: 'tunnel' },
    { id: 'audio-codec', type: 'codec', mimeType: codecs.audio.mimeType },
    { id: 'video-codec', type: 'codec', mimeType: codecs.video.mimeType },
  ];
}

export function outboundRecord(kind: MediaType, mid: string | null, ssrc: number, media: SoundSender | PictureSender): StatsRecord {
  return {
    id: `outbound-${ssrc}`, type: 'outbound-rtp', kind, mid, ssrc, codecId: `${kind}-codec`, packetsSent: media.packets, bytesSent: media.bytes,
    ...('frames' in media ? { framesEncoded: media.frames, frameWidth: media.width, frameHeight: media.height } : {}),
  };
}

export function inboundRecord(kind: MediaType, mid: string | null, ssrc: number, media: SoundReceiver | PictureReceiver): StatsRecord {
  const common = { id: `inbound-${ssrc}`, type: 'inbound-rtp', kind, mid, ssrc, codecId: `${kind}-codec`, packetsReceived: media.packets, bytesReceived: media.bytes, packetsLost: media.lost };
  return media instanceof SoundReceiver
    ? {
      ...common, totalSamplesReceived: media.samples, concealedSamples: media.concealed, silentConcealedSamples: 0, totalAudioEnergy: media.energy, totalSamplesDuration: media.seconds,
      audioLevel: media.level, jitterBufferDelay: media.delayMs / 1000 * media.samples, jitterBufferEmittedCount: media.samples,
    }
    : { ...common, framesDecoded: media.decoded, keyFramesDecoded: media.keyFrames, frameWidth: media.width, frameHeight: media.height, pliCount: media.requests, freezeCount: media.freezes, totalFreezesDuration: media.freezeSeconds };
}
