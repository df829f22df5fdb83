import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { until } from './until.mjs';

const program = fileURLToPath(new URL('gstreamer-peer.py', import.meta.url));

/** A WHIP or WHEP client of GStreamer, a WebRTC stack in C that shares no code with the product or with browsers. Needs Debian's Python, which has its bindings. */
export class GStreamer {
  #process;
  #ended;
  #output = '';

  /** @param {'whip' | 'whep'} kind */
  constructor(kind, url, ticket) {
    this.#process = spawn('/usr/bin/python3', [program, kind, url, ticket], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) stream.on('data', data => { this.#output += data; });
    this.#ended = new Promise(resolve => { this.#process.on('close', resolve); });
  }

  /** All values of a field so far, in the order in which they were printed. */
  values(field) {
    return this.#output.split('\n').filter(line => line.startsWith('{') && line.endsWith('}')).map(line => JSON.parse(line)[field]).filter(value => value !== undefined);
  }

  async connected() {
    await until(() => {
      if (this.values('error').length > 0) throw new Error(`GStreamer failed:\n${this.#output}`);
      return this.values('state').includes('connected');
    }, 'GStreamer is connected');
  }

  /** Ends the session and the process. */
  async end() {
    this.#process.kill('SIGTERM');
    await this.#ended;
  }
}
