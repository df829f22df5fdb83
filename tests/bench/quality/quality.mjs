// quality.mjs [--json] [--seconds N]: measures what two people in Chromium see and hear when the line of one of them is bad. Everything runs on this machine, and the line is
// a relay (bad-line.mjs).
import { parseArgs } from 'node:util';
import { launch } from '../../e2e/support/browser.mjs';
import { createMeeting, openProduct } from '../../e2e/support/product.mjs';
import { Visitor } from '../../e2e/support/visitor.mjs';
import { BadLine, useLine } from './bad-line.mjs';

const { values } = parseArgs({ options: { json: { type: 'boolean' }, seconds: { type: 'string', default: '20' } } });
const seconds = Number(values.seconds);
const camera = { frameRate: 20, width: 640, deviceScaleFactor: 1 };

const product = await openProduct();
const browsers = [await launch(), await launch()];
try {
  await withLine(measureLoss);
} finally {
  await Promise.all(browsers.map(browser => browser.close()));
  await product.close();
}

/** Loss in both directions at several round trips: the share of time in which video stands still, and of sound that is made up, for the person whose share is higher. */
async function measureLoss(ada, bob, line) {
  for (const loss of [0.05, 0.1]) {
    for (const roundTrip of [50, 150, 300]) {
      Object.assign(line, { loss, delay: roundTrip / 2 });
      await sleep(8_000);
      const before = await Promise.all([ada, bob].map(received));
      await sleep(seconds * 1_000);
      const after = await Promise.all([ada, bob].map(received));
      const shares = after.map((now, i) => sharesBetween(before[i], now));
      const isLimited = loss === 0.1 && roundTrip === 50;
      const name = `${Math.round(loss * 100)}-percent.${roundTrip}-ms`;
      print(`loss.frozen.${name}`, Math.max(...shares.map(share => share.frozen)), '%', isLimited ? 2 : null);
      print(`loss.concealed.${name}`, Math.max(...shares.map(share => share.concealed)), '%', isLimited ? 3 : null);
    }
  }
}

/** A meeting of Ada and Bob, whose browser uses the line. */
async function withLine(run) {
  const line = new BadLine();
  const meeting = await createMeeting(product);
  const people = [];
  try {
    const port = await line.open();
    people.push(await Visitor.arrive(browsers[0], product, 'Ada', camera));
    await people[0].enter(meeting.meetingId);
    const bob = await Visitor.arrive(browsers[1], product, 'Bob', camera);
    people.push(bob);
    await bob.page.exposeFunction('reportNode', (address, to) => line.connectTo(address, to));
    await bob.page.addInitScript(useLine, port);
    await bob.enter(meeting.meetingId);
    await Promise.all([people[0].waitForVideo('Bob'), bob.waitForVideo('Ada'), people[0].waitForSound(), bob.waitForSound()]);
    await run(...people, line);
  } finally {
    await Promise.all(people.map(person => person.close()));
    line.close();
  }
}

/** What the page has received since it joined. */
function received(person) {
  return person.page.evaluate(async () => {
    const sums = { time: performance.now() / 1_000, frozen: 0, frames: 0, samples: 0, concealed: 0 };
    for (const connection of globalThis.connections) {
      if (connection.connectionState === 'closed') continue;
      (await connection.getStats()).forEach(record => {
        if (record.type !== 'inbound-rtp') return;
        sums.frozen += record.totalFreezesDuration ?? 0;
        sums.frames += record.framesDecoded ?? 0;
        sums.samples += record.totalSamplesReceived ?? 0;
        sums.concealed += (record.concealedSamples ?? 0) - (record.silentConcealedSamples ?? 0);
      });
    }
    return sums;
  });
}

function sharesBetween(before, after) {
  const frozen = after.frames === before.frames ? 100 : 100 * (after.frozen - before.frozen) / (after.time - before.time);
  return { frozen, concealed: 100 * (after.concealed - before.concealed) / (after.samples - before.samples) };
}

function print(name, value, unit, limit) {
  const rounded = Math.round(value * 100) / 100;
  if (values.json) console.log(JSON.stringify({ name, value: rounded, unit, peer: limit, ratio: limit === null ? null : Math.round(1_000 * value / limit) / 1_000 }));
  else console.log(`${name.padEnd(36)} ${rounded} ${unit}${limit === null ? '' : ` (limit ${limit})`}`);
}

function sleep(milliseconds) {
  return new Promise(resolve => setTimeout(resolve, milliseconds));
}
