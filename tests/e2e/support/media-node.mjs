import { execFileSync } from 'node:child_process';
import { request } from 'node:https';

/** The current totals of all media nodes. */
export async function nodeFigures(product) {
  const texts = await nodeMetrics(product);
  const sum = name => texts.flatMap(text => [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? ([0-9.]+)$`, 'gm'))]).reduce((total, found) => total + Number(found[1]), 0);
  return { participants: sum('meet_node_participants'), sessions: sum('meet_node_sessions'), upTracks: sum('meet_node_up_tracks'), downTracks: sum('meet_node_down_tracks') };
}

/** The pages of metrics of the operator, signaling and all media nodes, with their names. */
export async function metricsOf(product) {
  const pods = JSON.parse(kubectl(product, 'pods', '-n', 'meet-system', '-o', 'json')).items;
  const system = await Promise.all(pods.map(async ({ metadata, status }) => [metadata.name, await (await fetch(`http://${status.podIP}:8081/metrics`)).text()]));
  const nodes = await nodeMetrics(product);
  return [...system, ...nodes.map((text, index) => [`media node ${index}`, text])];
}

function kubectl(product, ...args) {
  if (!product.home) throw new Error('This test reads the metrics of the media nodes. Set MEET_HOME in addition to MEET_URL.');
  return execFileSync('kubectl', ['--kubeconfig', `${product.home}/kubeconfig`, 'get', ...args], { encoding: 'utf8' });
}

function nodeMetrics(product) {
  const urls = kubectl(product, 'sfunodes', '-A', '-o', 'jsonpath={.items[*].status.controlUrl}');
  const { data } = JSON.parse(kubectl(product, 'secret', 'meet-control-metrics', '-n', 'meet-system', '-o', 'json'));
  const [cert, key] = ['tls.crt', 'tls.key'].map(entry => Buffer.from(data[entry], 'base64'));
  return Promise.all(urls.trim().split(/\s+/).map(url => fetchText(new URL('metrics', url), { cert, key, rejectUnauthorized: false })));
}

const fetchText = (url, options) => new Promise((resolve, reject) => {
  request(url, options, async answer => {
    const parts = [];
    for await (const part of answer) parts.push(part);
    if (answer.statusCode === 200) resolve(Buffer.concat(parts).toString());
    else reject(new Error(`${url} responded with ${answer.statusCode}: ${Buffer.concat(parts)}`));
  }).on('error', reject).end();
});
