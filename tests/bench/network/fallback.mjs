// A call whose path is blocked by a firewall: for how long pictures stand still until media flows on the next one.
import { tilePause, watchTile } from '../../e2e/support/noticed.mjs';
import { pathsInUse, rungs } from '../../e2e/support/person-network.mjs';
import { createMeeting } from '../../e2e/support/product.mjs';
import { until, Visitor } from '../../e2e/support/visitor.mjs';

/** Prints `fallback.seconds`: the longest time for which the picture of one of two people stands still after UDP was blocked, in both directions, so that media goes on over TCP. */
export async function measureFallback({ product, network, inside, outside, rounds, print }) {
  const [udp, tcp] = ['udp4', 'tcp4'].map(wanted => rungs(product).find(({ name }) => name === wanted));
  const pauses = [];
  for (let round = 0; round < rounds; round++) {
    network.allow([product.page, udp, tcp]);
    const meeting = await createMeeting(product);
    const people = [await Visitor.arrive(inside, product, 'Ada'), await Visitor.arrive(outside, product, 'Bob')];
    const [ada, bob] = people;
    try {
      for (const person of people) await person.enter(meeting.meetingId);
      const seeEachOther = () => Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
      await seeEachOther();
      await ada.page.waitForTimeout(5_000); // the connections are no longer new
      const tiles = [ada.tile('Bob'), bob.tile('Ada')];
      await Promise.all(tiles.map(watchTile));
      network.allow([product.page, tcp], { isIncomingBlocked: true });
      await until(async () => (await ada.page.evaluate(pathsInUse)).includes(tcp.path), 'media flows over TCP', 30_000);
      await seeEachOther();
      pauses.push(Math.max(...(await Promise.all(tiles.map(tilePause))).map(({ pause }) => pause)));
    } catch (error) {
      console.error(`fallback, round ${round + 1}: ${error.message}`);
    } finally {
      await Promise.all(people.map(person => person.close()));
    }
  }
  print('fallback.calls', pauses.length, 'calls', rounds);
  if (pauses.length > 0) print('fallback.seconds', Math.max(...pauses) / 1_000, 's', 8);
}
