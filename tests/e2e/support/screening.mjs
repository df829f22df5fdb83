import { RtpHeader, RtpPacket } from 'werift';
import { createMeeting } from './product.mjs';
import { until } from './until.mjs';
import { play, publish } from './werift-peer.mjs';
import { WhipHttp } from './whip-http.mjs';

/** A VP8 picture in one packet, of which only the head counts: nobody decodes it. */
const picture = Buffer.alloc(700);
picture.set([0x10, 0x00, 1, 2, 3, 4]);

/** A meeting without pages: a camera that sends so many packets a second, and people who only watch. */
export class Screening {
  #http;
  #camera;
  #players = [];
  #timer;

  static async open(product, { players, perSecond }) {
    const screening = new Screening();
    ({ meetingId: screening.meetingId } = await createMeeting(product));
    screening.#http = new WhipHttp(product, screening.meetingId);
    try {
      const { ticket } = await screening.#http.join('Camera');
      const camera = await publish(screening.#http, ticket, { onKeyFrameWanted: () => {} });
      screening.#camera = { ...camera, ticket };
      screening.#send(camera.tracks.video, perSecond);
      for (let index = 0; index < players; index++) {
        const viewer = await screening.#http.join(`Viewer ${index + 1}`);
        screening.#players.push({ ...await play(screening.#http, viewer.ticket), ticket: viewer.ticket });
      }
      return screening;
    } catch (error) {
      await screening.close();
      throw error;
    }
  }

  #send(track, perSecond) {
    const started = performance.now();
    let sent = 0;
    this.#timer = setInterval(() => {
      for (const due = (performance.now() - started) / 1_000 * perSecond; sent < due; sent++) {
        const header = new RtpHeader({ sequenceNumber: sent & 0xffff, timestamp: Math.floor(sent * 90_000 / perSecond), marker: true });
        track.writeRtp(new RtpPacket(header, picture));
      }
    }, 20);
  }

  /** Waits until everybody receives further packets. */
  async flows() {
    for (const { received } of this.#players) {
      received.video.length = 0;
      await until(() => received.video.length >= 20, 'twenty packets of the camera arrive');
    }
  }

  async close() {
    clearInterval(this.#timer);
    await Promise.all([this.#camera, ...this.#players].filter(one => one !== undefined).map(async ({ peer, session, ticket }) => {
      await this.#http.end(session.location, ticket).catch(() => {});
      await peer.close();
    }));
  }
}
