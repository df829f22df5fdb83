import { tilePause, watchTile } from '../../e2e/support/noticed.mjs';
import { createMeeting } from '../../e2e/support/product.mjs';
import { Visitor } from '../../e2e/support/visitor.mjs';

/** The longest time for which the picture of one of two people stands still, in ms, from the beginning of `happens` until both see each other again. `happens` gets the person in `inside`. */
export async function pauseWhile({ product, inside, outside }, happens) {
  const meeting = await createMeeting(product);
  const people = [];
  try {
    people.push(await Visitor.arrive(inside, product, 'Ada'), await Visitor.arrive(outside, product, 'Bob'));
    const [ada, bob] = people;
    for (const person of people) await person.enter(meeting.meetingId);
    const seeEachOther = () => Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
    await seeEachOther();
    await ada.page.waitForTimeout(5_000); // the connections are no longer new
    const tiles = [ada.tile('Bob'), bob.tile('Ada')];
    await Promise.all(tiles.map(watchTile));
    await happens(ada);
    await seeEachOther();
    return Math.max(...(await Promise.all(tiles.map(tilePause))).map(({ pause }) => pause));
  } finally {
    await Promise.all(people.map(person => person.close()));
  }
}
