import { after, before } from 'node:test';
import { launch } from './browser.mjs';
import { createMeeting, openProduct } from './product.mjs';
import { explained, Visitor } from './visitor.mjs';

/** One product and one browser for the tests of a file; every test gets visitors of its own. */
export function meetingRoom(openBrowser = launch) {
  const room = { product: null, browser: null };
  before(async () => {
    room.product = await openProduct();
    room.browser = await openBrowser();
  }, { timeout: 900_000 });
  after(async () => {
    await room.browser?.close();
    await room.product?.close();
  }, { timeout: 60_000 });

  /** Runs with people who are in one meeting, by name. */
  room.withPeople = async (names, run, request) => {
    const meeting = await createMeeting(room.product, request);
    const people = [];
    try {
      await explained(people, async () => {
        for (const name of names) {
          const person = await Visitor.arrive(room.browser, room.product, name);
          people.push(person);
          await person.enter(meeting.meetingId);
        }
        await run(...people, meeting);
      });
    } finally {
      await Promise.all(people.map(person => person.close()));
    }
  };
  room.arrive = name => Visitor.arrive(room.browser, room.product, name);
  return room;
}
