import { describe, expect, it } from 'vitest';
import { TunnelConnection, type TunnelHost } from '../../src/features/tunnel/connection.js';
import { writeDescriptor } from '../../src/features/tunnel/dependency-descriptor.js';
import { frame, FrameReader } from '../../src/features/tunnel/framing.js';
import { PlayoutClock } from '../../src/features/tunnel/playout.js';
import { groupArrivals, readKeyFrameRequests, Unwrapper, writeArrivals, writePictureLoss, writeReceiverReport, writeSenderReport } from '../../src/features/tunnel/rtcp.js';
import { isRtcp, readRtp, writeRtp } from '../../src/features/tunnel/rtp.js';
import { readOffer, writeAnswer, writeOffer } from '../../src/features/tunnel/sdp.js';
import { levelOf } from '../../src/features/tunnel/sound-sender.js';
import { isVp8Key, packVp8, readVp8 } from '../../src/features/tunnel/vp8.js';

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);
const hex = (data: Uint8Array): string => [...data].map(byte => byte.toString(16).padStart(2, '0')).join(' ');

/** Numbers that are the same in each run. */
function* randomBytes(seed: number): Generator<number> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state >>> 24;
  }
}

describe('the stream of packets', () => {
  it('gives the same packets in whatever pieces it arrives', () => {
    const packets = [bytes(1), bytes(), bytes(2, 3, 4), new Uint8Array(2048).fill(7)];
    const stream = frame(packets);
    for (const size of [1, 2, 3, 5, 100, stream.length]) {
      const reader = new FrameReader();
      const read: Uint8Array[] = [];
      for (let at = 0; at < stream.length; at += size) read.push(...reader.read(stream.slice(at, at + size))!);
      expect(read.map(hex)).toEqual(packets.map(hex));
    }
  });

  it('cannot be read after a length that no packet has', () => {
    expect(new FrameReader().read(bytes(0x08, 0x01, 1))).toBeNull();
  });
});

describe('RTP packets', () => {
  it('are read as they were written', () => {
    const packet = writeRtp({ payloadType: 111, marker: true, sequence: 65_535, timestamp: 4_294_967_295, ssrc: 0xdeadbeef, extension: { id: 1, value: bytes(30) } }, bytes(9, 8, 7));
    expect(hex(packet)).toBe('90 ef ff ff ff ff ff ff de ad be ef be de 00 01 10 1e 00 00 09 08 07');
    const read = readRtp(packet)!;
    expect(read).toMatchObject({ payloadType: 111, marker: true, sequence: 65_535, timestamp: 4_294_967_295, ssrc: 0xdeadbeef });
    expect([...read.payload]).toEqual([9, 8, 7]);
    expect([...read.extensions.get(1)!]).toEqual([30]);
  });

  it('may have contributing sources, long extensions and padding', () => {
    const read = readRtp(bytes(0xb1, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 6, 0x10, 0, 0, 2, 5, 2, 1, 0x2a, 0, 0, 0, 0, 42, 0, 0, 3))!;
    expect([...read.payload]).toEqual([42]);
    expect([...read.extensions.get(5)!]).toEqual([1, 0x2a]);
  });

  it('are never misread: any bytes give a packet or null', () => {
    const random = randomBytes(1);
    for (let i = 0; i < 20_000; i++) {
      const packet = new Uint8Array(random.next().value! % 40);
      for (let at = 0; at < packet.length; at++) packet[at] = random.next().value!;
      if (packet.length > 0) packet[0] = 0x80 | (packet[0]! & 0x3f);
      const read = readRtp(packet);
      if (read !== null) expect(read.payload.length).toBeLessThanOrEqual(packet.length - 12);
      readVp8(packet);
      readKeyFrameRequests(packet);
    }
  });
});

describe('dependency descriptors', () => {
  it('tell where frames begin, which are key frames, and how large they are', () => {
    const frame = { begins: true, ends: false, frame: 7, isKey: true, size: { width: 640, height: 360 } };
    expect(hex(writeDescriptor(frame))).toBe('80 00 07 80 00 3a 41 01 81 3f 80 b3 80'); // DependencyStructureTests.cs reads the same bytes
    expect(hex(writeDescriptor({ ...frame, begins: false, size: null }))).toBe('00 00 07');
    expect(hex(writeDescriptor({ begins: true, ends: true, frame: 65_544, isKey: false, size: null }))).toBe('c1 00 08');
  });

  it('fit into a packet, which is read as it was written', () => {
    const value = writeDescriptor({ begins: true, ends: true, frame: 1, isKey: true, size: { width: 1280, height: 720 } });
    const read = readRtp(writeRtp({ payloadType: 96, marker: true, sequence: 1, timestamp: 2, ssrc: 3, extension: { id: 2, value } }, bytes(9, 8)))!;
    expect(hex(read.extensions.get(2)!)).toBe(hex(value));
    expect(hex(read.payload)).toBe('09 08');
  });
});

describe('VP8 payloads', () => {
  it('give the frame back', () => {
    const picture = new Uint8Array(3_000).map((_, index) => index & 0xff);
    const payloads = packVp8(picture);
    expect(payloads.length).toBe(3);
    const parts = payloads.map(payload => readVp8(payload)!);
    expect(parts.map(part => part.begins)).toEqual([true, false, false]);
    expect(hex(new Uint8Array(parts.flatMap(part => [...part.data])))).toBe(hex(picture));
  });

  it('may have every field of the descriptor', () => {
    expect(readVp8(bytes(0x90, 0xf0, 0x80, 7, 3, 0x40, 1, 2))).toMatchObject({ begins: true, data: bytes(1, 2) });
    expect(readVp8(bytes(0x80, 0x80, 0x07, 5))).toMatchObject({ begins: false, data: bytes(5) });
    expect(readVp8(bytes(0x90, 0xf0, 0x80))).toBeNull();
    expect(isVp8Key(bytes(0x10, 0)) && !isVp8Key(bytes(0x11)) && !isVp8Key(bytes())).toBe(true);
  });
});

describe('RTCP packets', () => {
  it('are compounds that begin with a report', () => {
    expect(hex(writeReceiverReport(0x01020304))).toBe('80 c9 00 01 01 02 03 04 81 ca 00 04 01 02 03 04 01 06 74 75 6e 6e 65 6c 00 00 00 00');
    const report = writeSenderReport({ ssrc: 7, packets: 10, bytes: 200, rtpTime: 90 }, 500);
    expect(hex(report.subarray(0, 28))).toBe('80 c8 00 06 00 00 00 07 83 aa 7e 80 80 00 00 00 00 00 00 5a 00 00 00 0a 00 00 00 c8');
    expect(isRtcp(report)).toBe(true);
    expect(isRtcp(bytes(0x80, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))).toBe(false);
  });

  it('ask for key frames, in both ways', () => {
    expect(readKeyFrameRequests(writePictureLoss(1, 0xfffffffe))).toEqual([0xfffffffe]);
    expect(readKeyFrameRequests(bytes(0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 1, 0, 0, 0))).toEqual([9]);
    expect(readKeyFrameRequests(writeReceiverReport(1))).toEqual([]);
  });

  it('say when packets have arrived', () => {
    const report = writeArrivals(1, 2, [{ number: 65_535, at: 64 }, { number: 65_536, at: 64.25 }, { number: 65_538, at: 164.25 }, { number: 65_539, at: 163.25 }], 3);
    // Base, count, reference time, number of the report, one vector, and the steps: 0, 1, 400 and -4.
    expect(hex(report)).toBe('8f cd 00 06 00 00 00 01 00 00 00 02 ff ff 00 05 00 00 01 03 d4 a0 00 01 01 90 ff fc');
  });

  it('are about packets in their order, each once, and of a span that fits', () => {
    const groups = groupArrivals([105, 101, 102, 101, 2_000].map((number, at) => ({ number, at })));
    expect(groups.map(group => group.map(({ number }) => number))).toEqual([[101, 102, 105], [2_000]]);
    // The step from 102 to 105 goes back in time.
    expect(hex(writeArrivals(1, 2, groups[0]!, 0))).toBe('8f cd 00 06 00 00 00 01 00 00 00 02 00 65 00 05 00 00 00 00 d4 20 04 04 ff f8 00 00');
    expect(writeArrivals(1, 2, groupArrivals(Array.from({ length: 1_000 }, (_, number) => ({ number, at: number * 100 })))[0]!, 0).length).toBeLessThan(1_100);
  });

  it('count numbers on beyond their end', () => {
    const numbers = new Unwrapper(16);
    expect([65_534, 65_535, 0, 65_535, 1].map(value => numbers.unwrap(value))).toEqual([65_534, 65_535, 65_536, 65_535, 65_537]);
  });
});

describe('session descriptions', () => {
  const names = { ufrag: 'abcd1234', password: 'p'.repeat(24), fingerprint: '00' };

  it('offer Opus and VP8', () => {
    const offer = writeOffer(5, 1, names, [{ mid: '0', kind: 'audio', isActive: true, ssrc: 11 }, { mid: '1', kind: 'video', isActive: false, ssrc: 12 }], false);
    expect(offer).toContain('m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n');
    expect(offer).toContain('a=mid:1\r\na=inactive\r\na=rtpmap:96 VP8/90000\r\n');
    expect(offer).toContain('a=ssrc:11 cname:tunnel\r\n');
    expect(offer).not.toContain('dependency-descriptor');
  });

  it('name streams by numbers without a sign, which requests for key frames repeat', async () => {
    for (let i = 0; i < 20; i++) {
      const connection = new TunnelConnection({ now: () => 0, wallTime: () => 0 } as TunnelHost, false);
      const { sender } = connection.addTransceiver('video', { direction: 'sendonly' });
      expect((await connection.createOffer()).sdp).toContain(`a=ssrc:${sender.ssrc} `);
      expect(readKeyFrameRequests(writePictureLoss(1, sender.ssrc))).toEqual([sender.ssrc]);
    }
  });

  it('answer with what can be decoded, under the numbers of the offer', () => {
    const sections = readOffer([
      'v=0', 'm=audio 9 UDP/TLS/RTP/SAVPF 63 111', 'a=mid:0', 'a=sendonly', 'a=rtpmap:63 red/48000/2', 'a=rtpmap:111 opus/48000/2',
      'a=extmap:5 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01', 'a=ssrc:21 cname:slots',
      'm=video 9 UDP/TLS/RTP/SAVPF 98', 'a=mid:1', 'a=sendonly', 'a=rtpmap:98 H264/90000', 'a=ssrc:22 cname:slots',
    ].join('\r\n'));
    expect(sections).toEqual([{ mid: '0', kind: 'audio', payloadType: 111, ssrc: 21, numberId: 5 }, { mid: '1', kind: 'video', payloadType: null, ssrc: 22, numberId: null }]);
    const answer = writeAnswer(5, 1, names, sections);
    expect(answer).toContain('m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n');
    expect(answer).toContain('a=rtcp-fb:111 transport-cc\r\na=extmap:5 ');
    expect(answer).toContain('m=video 0 UDP/TLS/RTP/SAVPF 0\r\n');
  });
});

describe('sound', () => {
  it('has the level of RFC 6464', () => {
    expect(levelOf(new Float32Array(480).fill(1))).toBe(0);
    expect(levelOf(new Float32Array(480).fill(0.1))).toBe(20);
    expect(levelOf(new Float32Array(480))).toBe(127);
  });

  it('is played evenly although packets come late and together, and soon on a steady line', () => {
    const clock = new PlayoutClock();
    const late: number[] = [];
    for (let packet = 0; packet < 1_000; packet++) {
      const media = packet * 20;
      const stall = packet % 25; // each half second, packets wait for up to 160 ms
      const now = 50 + media + (stall < 8 ? 160 - stall * 20 : 0);
      if (packet > 50) late.push(now - clock.schedule(media, now));
      else clock.schedule(media, now);
    }
    expect(late.filter(ms => ms > 0).length).toBeLessThan(10);
    for (let packet = 1_000; packet < 2_000; packet++) clock.schedule(packet * 20, 50 + packet * 20);
    expect(clock.delayMs).toBeLessThan(50);
  });

  it('is played with a delay again soon after a sender has counted time ahead and back', () => {
    const clock = new PlayoutClock();
    let now = 0;
    const play = (ahead: number, packets: number): number => {
      let spare = 0;
      for (let packet = 0; packet < packets; packet++, now += 20) spare = clock.schedule(now + ahead, now) - now;
      return spare;
    };
    play(0, 100);
    play(60_000, 5);
    expect(play(0, 500)).toBeGreaterThan(30);
    expect(clock.delayMs).toBeLessThan(60);
  });
});
