// Restarts Pods of the installation by deleting them: the host recreates operator and signaling, the operator replaces media nodes.
import { readFileSync } from 'node:fs';
import { request } from 'node:https';

const PERIOD_MS = 50;
const LIMIT_MS = 60_000;

const field = (text, name) => new RegExp(`^\\s*-?\\s*${name}:\\s*"?([^"\\s]+)"?\\s*$`, 'm').exec(text)?.[1];
const isReady = pod => !pod.metadata.deletionTimestamp && (pod.status?.conditions ?? []).some(each => each.type === 'Ready' && each.status === 'True');

/** The Pods of the installation whose kubeconfig this is. */
export function podsOf(kubeconfig) {
  const text = readFileSync(kubeconfig, 'utf8');
  const server = field(text, 'server');
  const options = { ca: Buffer.from(field(text, 'certificate-authority-data'), 'base64'), headers: { authorization: `Bearer ${field(text, 'token')}` } };

  const call = (method, path) => new Promise((resolve, reject) => {
    request(`${server}${path}`, { ...options, method }, response => {
      let body = '';
      response.on('data', data => { body += data; });
      response.on('end', () => {
        if (response.statusCode < 300 || response.statusCode === 404) resolve(JSON.parse(body));
        else reject(new Error(`${method} ${path} responded with ${response.statusCode}: ${body}`));
      });
    }).on('error', reject).end();
  });

  const list = async component => (await call('GET', `/api/v1/pods?labelSelector=${encodeURIComponent(`meetoperator.io/component=${component}`)}`)).items;

  /** Returns once new Pods are ready in place of the present ones. */
  async function restart(component) {
    const before = await list(component);
    if (component === 'turn' && before.length === 0) return; // coturn is not installed
    for (const { metadata } of before) await call('DELETE', `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`);
    const old = new Set(before.map(pod => pod.metadata.uid));
    const deadline = Date.now() + LIMIT_MS;
    for (;;) {
      const now = await list(component);
      if (now.length > 0 && now.every(pod => !old.has(pod.metadata.uid) && isReady(pod))) return;
      if (Date.now() > deadline) throw new Error(`${component} was not ready within ${LIMIT_MS / 1000} s; read ./meet logs ${component}`);
      await new Promise(resolve => setTimeout(resolve, PERIOD_MS));
    }
  }

  return { restart };
}
