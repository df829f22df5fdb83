// Measures the figures in docs/measurements.md: node timing.mjs [--rounds N]. Prints one line of JSON per figure.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { launch } from './support/browser.mjs';
import { processesOf } from './support/processes.mjs';
import { createMeeting, openProduct } from './support/product.mjs';
import { until, Visitor } from './support/visitor.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be an integer of at least 1');

const product = await openProduct();
// One browser per participant: the pages of a browser share its fake camera, which stops for a second or two whenever a page opens it.
const browsers = [await launch(), await launch()];
try {
  if (product.home) {
    await memoryWith(8);
    print('sfu-killed.media-back', 'ms', await measure(Math.max(3, Math.ceil(rounds / 4)), mediaBackAfterKill));
  }
} finally {
  await Promise.all(browsers.map(browser => browser.close()));
  await product.close();
}

/** The resident memory of each program during a meeting of `count` participants. */
async function memoryWith(count) {
  const meeting = await createMeeting(product);
  const people = [];
  try {
    for (let number = 1; number <= count; number++) {
      const person = await Visitor.arrive(browsers[number % 2], product, `Person ${number}`);
      people.push(person);
      await person.enter(meeting.meetingId);
    }
    await people[0].waitForVideo(`Person ${count}`);
    for (const program of ['operator', 'signaling', 'media-node']) {
      for (const pid of processesOf(product.home, program)) {
        const kilobytes = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
        console.log(JSON.stringify({ name: `memory.${program}.${count}-participants`, value: Math.round(kilobytes / 102.4) / 10, unit: 'MiB' }));
      }
    }
  } finally {
    await Promise.all(people.map(person => person.close()));
  }
}

/** The time from SIGKILL to the media node until both participants receive video again. */
async function mediaBackAfterKill() {
  await freshMediaNode();
  return withTwo(async (first, second) => {
    await Promise.all([first.waitForVideo('Second'), second.waitForVideo('First')]);
    const people = [first, second];
    for (const person of people) await person.page.evaluate(() => { globalThis.connections.length = 0; });
    const since = Date.now();
    for (const pid of processesOf(product.home, 'media-node')) process.kill(pid, 'SIGKILL');
    const receives = person => person.page.evaluate(async () => {
      for (const connection of globalThis.connections) {
        for (const [, record] of await connection.getStats()) if (record.type === 'inbound-rtp' && record.kind === 'video' && record.framesDecoded > 0) return true;
      }
      return false;
    });
    await Promise.all(people.map(person => until(() => receives(person), 'video arrives over new connections', 60_000)));
    return Date.now() - since;
  });
}

/** Replaces the media nodes, because Kubernetes delays the restart of a Pod with each crash. */
async function freshMediaNode() {
  const kubectl = (...args) => execFileSync('kubectl', ['--kubeconfig', `${product.home}/kubeconfig`, '-n', 'meet-default', ...args], { encoding: 'utf8' });
  const nodes = ['pods', '-l', 'meetoperator.io/component=media-node'];
  kubectl('delete', ...nodes, '--wait=true');
  await until(() => kubectl('get', ...nodes, '-o', 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}').trim() === 'True', 'a media node is ready again', 60_000);
}

async function withTwo(run) {
  const meeting = await createMeeting(product);
  const people = [];
  try {
    for (const [index, name] of ['First', 'Second'].entries()) {
      const person = await Visitor.arrive(browsers[index], product, name);
      people.push(person);
      await person.enter(meeting.meetingId);
    }
    return await run(...people);
  } finally {
    await Promise.all(people.map(person => person.close()));
  }
}

async function measure(times, once) {
  const samples = [];
  for (let round = 0; round < times; round++) samples.push(await once());
  return samples.sort((a, b) => a - b);
}

function print(name, unit, samples) {
  const at = share => Math.round(samples[Math.min(samples.length - 1, Math.ceil(samples.length * share) - 1)]);
  console.log(JSON.stringify({ name: `${name}.p50`, value: at(0.5), unit, samples: samples.length }));
  console.log(JSON.stringify({ name: `${name}.p99`, value: at(0.99), unit, samples: samples.length }));
}
