// Figures for docs/measurements.md: node timing.mjs [--rounds N]. One line of JSON a figure.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { launch } from './support/browser.mjs';
import { processesOf } from './support/processes.mjs';
import { createMeeting, openProduct } from './support/product.mjs';
import { until, Visitor } from './support/visitor.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds is a whole number of at least 1');

const product = await openProduct();
// A browser each: pages of one browser share its fake camera, which stands still for a second or two whenever one of them opens it anew.
const browsers = [await launch(), await launch()];
try {
  print('join.first-frame', 'ms', await measure(rounds, joinToFirstFrame));
  if (product.home) {
    await memoryWith(8);
    print('sfu-killed.media-back', 'ms', await measure(Math.max(3, Math.ceil(rounds / 4)), mediaBackAfterKill));
  }
} finally {
  await Promise.all(browsers.map(browser => browser.close()));
  await product.close();
}

/** Join click of somebody who comes into a meeting of one, until the first picture of the other is drawn. */
async function joinToFirstFrame() {
  return withTwo(async (_, newcomer) => {
    let marks = {};
    await until(async () => (marks = await newcomer.marks()).frame !== undefined, 'the first remote frame');
    return marks.frame - marks.join;
  });
}

/** Resident memory of each program while so many people see and hear each other. */
async function memoryWith(count) {
  const meeting = await createMeeting(product);
  const people = [];
  try {
    for (let number = 1; number <= count; number++) {
      const person = await Visitor.arrive(browsers[number % 2], product, `Person ${number}`);
      people.push(person);
      await person.enter(meeting.meetingId);
    }
    await people[0].seesPictures(`Person ${count}`);
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

/** SIGKILL to the media node, until both see each other move again. */
async function mediaBackAfterKill() {
  await freshMediaNode();
  return withTwo(async (first, second) => {
    await Promise.all([first.seesPictures('Second'), second.seesPictures('First')]);
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
    await Promise.all(people.map(person => until(() => receives(person), 'pictures over new connections', 60_000)));
    return Date.now() - since;
  });
}

/** A Pod whose process has died often is restarted later each time; every round shall be a first time. */
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
