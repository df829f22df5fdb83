import { execFileSync } from 'node:child_process';
import { request } from 'node:https';

/** The current totals of all media nodes. */
export async function nodeFigures(product) {
  if (!product.home) throw new Error('This test reads the metrics of the media nodes. Set MEET_HOME in addition to MEET_URL.');
  const kubectl = (...args) => execFileSync('kubectl', ['--kubeconfig', `${product.home}/kubeconfig`, 'get', ...args], { encoding: 'utf8' });
  const urls = kubectl('sfunodes', '-A', '-o', 'jsonpath={.items[*].status.controlUrl}');
  const { data } = JSON.parse(kubectl('secret', 'meet-control-metrics', '-n', 'meet-system', '-o', 'json'));
  const [cert, key] = ['tls.crt', 'tls.key'].map(entry => Buffer.from(data[entry], 'base64'));
  const texts = await Promise.all(urls.trim().split(/\s+/).map(url => fetchText(new URL('metrics', url), { cert, key, rejectUnauthorized: false })));
  const sum = name => texts.flatMap(text => [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? ([0-9.]+)$`, 'gm'))]).reduce((total, found) => total + Number(found[1]), 0);
  return { participants: sum('meet_node_participants'), sessions: sum('meet_node_sessions'), upTracks: sum('meet_node_up_tracks'), downTracks: sum('meet_node_down_tracks') };
}

const fetchText = (url, options) => new Promise((resolve, reject) => {
  request(url, options, async answer => {
    const parts = [];
    for await (const part of answer) parts.push(part);
    if (answer.statusCode === 200) resolve(Buffer.concat(parts).toString());
    else reject(new Error(`${url} responded with ${answer.statusCode}: ${Buffer.concat(parts)}`));
  }).on('error', reject).end();
});
