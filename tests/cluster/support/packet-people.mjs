// People without browsers: the bench program sends and receives their packets, and behaves as the SDK does. They cost a small part of what people in a page do.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { run } from './kubectl.mjs';

const project = 'tests/bench/MeetOperator.Bench';
let built = null;
const build = () => (built ??= run('dotnet', ['build', project, '-c', 'Release', '--nologo', '-v', 'quiet']));

/** Two people in each of the meetings, who see and hear each other when this resolves. */
export async function meetInPackets(url, meetings) {
  await build();
  const bench = spawn('dotnet', [`${project}/bin/Release/net10.0/MeetOperator.Bench.dll`, 'people', '--json', '--url', url, '--meetings', meetings.join(',')], { stdio: ['pipe', 'pipe', 'inherit'], detached: true }); // in a session of its own, because the kernel shares the processors among sessions
  const lines = [];
  let onReady;
  const ready = new Promise(resolve => { onReady = resolve; });
  createInterface({ input: bench.stdout }).on('line', line => (line === 'ready' ? onReady() : lines.push(line)));
  const ended = new Promise((resolve, reject) => bench.on('error', reject).on('close', code => (code === 0 ? resolve() : reject(new Error(`the people of the bench ended with code ${code}`)))));
  ended.catch(() => {}); // reported by whoever waits
  await Promise.race([ready, ended]);
  return {
    /** Waits until everybody sees and hears the other again. Returns how many were `dropped`, and the longest `silence` of the others in ms. */
    async end() {
      bench.stdin.end('\n');
      await ended;
      const figures = new Map(lines.map(line => JSON.parse(line)).map(({ name, value }) => [name, value]));
      return { dropped: figures.get('people.dropped'), silence: figures.get('people.audio-gap') };
    },
    close() {
      bench.kill();
    },
  };
}
