// A call whose path is blocked by a firewall: for how long pictures stand still until media flows on the next one.
import { pathsInUse, rungs } from '../../e2e/support/person-network.mjs';
import { until } from '../../e2e/support/visitor.mjs';
import { pauseWhile } from './pause.mjs';

/** Prints `fallback.seconds`: the longest time for which the picture of one of two people stands still after UDP was blocked, in both directions, so that media goes on over TCP. */
export async function measureFallback({ product, network, inside, outside, rounds, print }) {
  const [udp, tcp] = ['udp4', 'tcp4'].map(wanted => rungs(product).find(({ name }) => name === wanted));
  const pauses = [];
  for (let round = 0; round < rounds; round++) {
    network.allow([product.page, udp, tcp]);
    try {
      const pause = await pauseWhile({ product, inside, outside }, async ada => {
        network.allow([product.page, tcp], { isIncomingBlocked: true });
        const flows = until(async () => (await ada.page.evaluate(pathsInUse)).includes(tcp.path), 'media flows over TCP', 30_000);
        await flows.catch(async error => { throw new Error(`${error.message}; ${await ada.describe()}`); });
      });
      console.error(`fallback, round ${round + 1}: pictures stood still for ${pause} ms`);
      pauses.push(pause);
    } catch (error) {
      console.error(`fallback, round ${round + 1}: ${error.message}`);
    }
  }
  print('fallback.calls', pauses.length, 'calls', rounds);
  if (pauses.length > 0) print('fallback.seconds', Math.max(...pauses) / 1_000, 's', 8);
}
