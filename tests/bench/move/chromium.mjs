// chromium.mjs [--json] [--moves N], the part chromium of ./meet bench move: moves a meeting of two people in Chromium between two media nodes, and measures the longest time in which one of
// them does not hear the tone of the other, and in which the moving picture of the other stands still. Everything runs on this machine.
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { launch } from '../../e2e/support/browser.mjs';
import { createMeeting, openProduct } from '../../e2e/support/product.mjs';
import { toneFile } from '../../e2e/support/sound-file.mjs';
import { until, Visitor } from '../../e2e/support/visitor.mjs';
import { listen, takeSilence } from '../quality/listening.mjs';
import { takeFreeze, watchPicture } from './watching.mjs';

const { values } = parseArgs({ options: { json: { type: 'boolean' }, moves: { type: 'string', default: '50' } }, strict: false });
const product = await openProduct();
const tone = await toneFile();
const browsers = await Promise.all([1, 2].map(() => launch([`--use-file-for-fake-audio-capture=${tone.path}`])));
const people = [];
try {
  kubectl('patch', 'sfupool', 'default', '--type=merge', '-p', JSON.stringify({ spec: { replicas: 2 } }));
  await until(() => {
    const { status } = get('sfupool', 'default');
    return status?.replicas === 2 && status.readyReplicas === 2;
  }, 'there are two media nodes, and they are ready', 120_000);
  const meeting = await createMeeting(product);
  for (const [index, name] of ['Ada', 'Bob'].entries()) {
    people.push(await Visitor.arrive(browsers[index], product, name, { frameRate: 20 }));
    await people[index].enter(meeting.meetingId);
  }
  await Promise.all([people[0].waitForVideo('Bob'), people[1].waitForVideo('Ada')]);
  for (const person of people) {
    await person.page.evaluate(listen);
    await person.page.evaluate(watchPicture);
  }
  await pause(3_000);
  await notice();
  const noticed = [];
  for (let move = 1; move <= Number(values.moves); move++) {
    await moveElsewhere(meeting);
    await pause(3_000); // a person closes the former connections up to a second after the meeting has moved
    const both = await notice();
    noticed.push(...both);
    console.error(`move ${move}: ${both.map(({ silence, freeze }) => `silence ${Math.round(silence)} ms, picture ${Math.round(freeze)} ms`).join('; ')}`);
  }
  await Promise.all(people.map(person => person.connected()));
  print('move.chromium.audio-gap', percentile99(noticed.map(({ silence }) => silence)), 150);
  print('move.chromium.video-freeze', percentile99(noticed.map(({ freeze }) => freeze)), 300);
} finally {
  await Promise.all(people.map(person => person.close()));
  await Promise.all(browsers.map(browser => browser.close()));
  await tone.remove();
  await product.close();
}

/** What both have noticed since the last call. */
function notice() {
  return Promise.all(people.map(async ({ page }) => ({ silence: await page.evaluate(takeSilence), freeze: await page.evaluate(takeFreeze) })));
}

/** Moves the meeting to the other media node, and waits until it has left the present one. */
async function moveElsewhere(meeting) {
  const { assignments } = get('meeting', meeting.meetingId).status;
  const target = get('sfunodes').items.map(({ metadata }) => metadata.name).find(name => assignments.every(({ sfuNode }) => sfuNode !== name));
  const moveTo = { sfuNode: target, requestedAt: new Date().toISOString().replace(/\.\d+/, '') };
  kubectl('patch', 'meeting', meeting.meetingId, '--type=merge', '-p', JSON.stringify({ spec: { placement: { moveTo } } }));
  await until(() => {
    const { status } = get('meeting', meeting.meetingId);
    if (['Refused', 'Failed'].includes(status.move?.state) && status.move.sfuNode === target) throw new Error(`The move is ${status.move.state}: ${status.move.message}`);
    return status.assignments.length === 1 && status.assignments[0].sfuNode === target;
  }, `the meeting has moved to ${target}`);
}

function kubectl(...args) {
  return execFileSync('kubectl', ['--kubeconfig', `${product.home}/kubeconfig`, '-n', 'meet-default', ...args], { encoding: 'utf8' });
}

function get(...args) {
  return JSON.parse(kubectl('get', ...args, '-o', 'json'));
}

function percentile99(measured) {
  const sorted = measured.toSorted((a, b) => a - b);
  return sorted[Math.ceil(0.99 * sorted.length) - 1];
}

function print(name, value, limit) {
  const rounded = Math.round(value * 100) / 100;
  if (values.json) console.log(JSON.stringify({ name, value: rounded, unit: 'ms', peer: limit, ratio: Math.round(1_000 * value / limit) / 1_000 }));
  else console.log(`${name.padEnd(36)} ${rounded} ms (limit ${limit})`);
}

function pause(milliseconds) {
  return new Promise(resolve => { setTimeout(resolve, milliseconds); });
}
