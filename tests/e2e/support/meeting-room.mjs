import { after, before } from 'node:test';
import { launch } from './browser.mjs';
import { createMeeting, openProduct } from './product.mjs';
import { describeOnFailure, Visitor } from './visitor.mjs';

/** How many seconds nobody must have needed the media node before media flows directly: in an installation of the tests less than usual, so that they wait less. */
export const directDelay = Number(process.env.MEET_DIRECT_DELAY_SECONDS ?? (process.env.MEET_URL ? 30 : 5));

/** One product and one browser for the tests of a file. Every test has its own visitors. */
export function meetingRoom(openBrowser = launch) {
  const room = { product: null, browser: null };
  before(async () => {
    room.product = await openProduct({ MEET_DIRECT_DELAY_SECONDS: String(directDelay) });
    room.browser = await openBrowser();
  }, { timeout: 900_000 });
  after(async () => {
    await room.browser?.close();
    await room.product?.close();
  }, { timeout: 60_000 });

  /** Runs a test with visitors of these names, who have joined one meeting. A visitor with other options than usual is `{ name, ...options }`; `prepare` gets the page before it is opened. */
  room.withParticipants = async (names, run, request) => {
    const meeting = await createMeeting(room.product, request);
    const visitors = [];
    try {
      await describeOnFailure(visitors, async () => {
        for (const { name, prepare, ...more } of names.map(one => (typeof one === 'string' ? { name: one } : one))) {
          const visitor = await Visitor.arrive(room.browser, room.product, name, more);
          visitors.push(visitor);
          await prepare?.(visitor.page);
          await visitor.enter(meeting.meetingId);
        }
        await run(...visitors, meeting);
      });
    } finally {
      await Promise.all(visitors.map(visitor => visitor.close()));
    }
  };
  room.arrive = (name, more) => Visitor.arrive(room.browser, room.product, name, more);
  return room;
}
