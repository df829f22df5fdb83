// network.mjs [--json] [--rounds N] [--only RUNG|fallback|killed|turn|line|abuse]: whether people whose network lets only one kind of traffic out join, are seen and are heard, and how long it takes until they see
// somebody; then what happens to calls whose path is blocked, and to calls over a relay that ends or changes; how people sound on a tunnel on a narrow line; and whether a relay refuses attacks. Each of these people is in a network namespace with a firewall, which takes root. Everything runs on this machine.
import { parseArgs } from 'node:util';
import { launch } from '../../e2e/support/browser.mjs';
import { playedLevel } from '../../e2e/support/heard.mjs';
import { pathsInUse, PersonNetwork, rungNames, rungs, setTunnels, startProductFor } from '../../e2e/support/person-network.mjs';
import { createMeeting } from '../../e2e/support/product.mjs';
import { until, Visitor } from '../../e2e/support/visitor.mjs';
import { measureAbuse } from './abuse.mjs';
import { measureFallback } from './fallback.mjs';
import { measureKilled, measureRelays } from './relays.mjs';
import { measureTunnel } from './tunnel.mjs';

const { values } = parseArgs({ options: { json: { type: 'boolean' }, rounds: { type: 'string', default: '20' }, only: { type: 'string' } } });
const rounds = Number(values.rounds);
const tunnel = { name: 'tunnel', limit: 2.5 };
const parts = [...rungNames, 'fallback', 'killed', 'turn', 'tunnel', 'line', 'abuse'];
const isWanted = part => (values.only ?? part) === part;
if (values.only !== undefined && !parts.includes(values.only)) {
  console.error(`--only must be one of ${parts.join(', ')}`);
  process.exit(2);
}

if (isWanted('abuse')) measureAbuse(print);
if (values.only === 'abuse') process.exit();

const network = await PersonNetwork.open();
let product;
let outside;
try {
  product = await startProductFor(network);
  outside = await launch();
  const inside = await network.launch(product.page.ports);
  try {
    for (const rung of rungs(product).filter(({ name }) => isWanted(name))) {
      network.allow([product.page, rung]);
      await measure(rung, inside);
    }
    const setting = { product, network, inside, outside, rounds: Math.ceil(rounds / 4), print };
    if (isWanted('fallback')) await measureFallback(setting);
    if (isWanted('killed')) await measureKilled(setting);
    if (isWanted('turn')) await measureRelays(setting);
    setTunnels(product, 'LastResort');
    if (isWanted('tunnel')) {
      network.allow([product.page]);
      await measure(tunnel, inside);
    }
    if (isWanted('line')) await measureTunnel(setting);
  } finally {
    await inside.close();
  }
} finally {
  await outside?.close();
  await product?.close();
  await network.close();
}

async function measure({ name, path, limit }, inside) {
  const times = [];
  const meeting = await createMeeting(product);
  const bob = await Visitor.arrive(outside, product, 'Bob');
  await bob.enter(meeting.meetingId);
  for (let round = 0; round < rounds; round++) {
    const ada = await Visitor.arrive(inside, product, 'Ada');
    try {
      await ada.enter(meeting.meetingId);
      await Promise.all([ada.waitForVideo('Bob'), bob.waitForVideo('Ada')]);
      await until(async () => (await Promise.all([ada, bob].map(one => one.page.evaluate(playedLevel)))).every(level => level > 0.01), 'both hear each other', 20_000);
      const paths = await ada.page.evaluate(pathsInUse);
      if (path !== undefined && paths.some(used => used !== path)) throw new Error(`media takes ${paths.join(' and ')}`);
      const marks = await ada.marks();
      times.push((marks.frame - marks.join) / 1_000);
    } catch (error) {
      console.error(`${name}, round ${round + 1}: ${error.message}`);
    } finally {
      await ada.close();
    }
  }
  await bob.close();
  print(`rung.${name}`, times.length, 'joins', rounds);
  if (times.length > 0) print(`rung.${name}.first-frame`, times.sort((one, other) => one - other)[Math.floor(times.length / 2)], 's', limit);
}

function print(name, value, unit, limit) {
  const rounded = Math.round(value * 100) / 100;
  if (values.json) console.log(JSON.stringify({ name, value: rounded, unit, peer: limit, ratio: Math.round(1_000 * value / limit) / 1_000 }));
  else console.log(`${name.padEnd(36)} ${rounded} ${unit} (limit ${limit})`);
}
