import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { until as look } from '../../e2e/support/visitor.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));

const start = (program, args) => spawn(program, args, { cwd: root, env: { ...process.env, KUBECONFIG: process.env.KUBECONFIG ?? '/run/meet-cluster/admin.kubeconfig' } });

/** Runs a program with the cluster's kubeconfig; its standard output, or an error with what it said. */
export function run(program, args, input = undefined) {
  return new Promise((resolve, reject) => {
    const child = start(program, args);
    let [output, errors] = ['', ''];
    child.stdout.on('data', data => { output += data; });
    child.stderr.on('data', data => { errors += data; });
    child.on('error', reject);
    child.on('close', code => (code === 0 ? resolve(output) : reject(new Error(`${program} ${args.join(' ')} ended with ${code}: ${errors.trim() || output.trim()}`))));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

export const kubectl = (...args) => run('kubectl', args);

/** `kubectl proxy`: the API server at a `url` of this machine, until `close`. */
export function openProxy() {
  return new Promise((resolve, reject) => {
    const child = start('kubectl', ['proxy', '--port=0']);
    let said = '';
    child.on('error', reject).on('close', code => reject(new Error(`kubectl proxy ended with ${code}: ${said}`)));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', data => {
        said += data;
        const address = /Starting to serve on (\S+:\d+)\n/.exec(said)?.[1];
        if (address) resolve({ url: `http://${address}`, close: () => child.kill() });
      });
    }
  });
}

/** `kubectl get … -o json` of one object or of a list's items. */
export async function get(...args) {
  const object = JSON.parse(await kubectl('get', ...args, '-o', 'json'));
  return object.kind === 'List' || object.kind?.endsWith('List') ? object.items : object;
}

export const apply = (...objects) => run('kubectl', ['apply', '-f', '-'], objects.map(object => JSON.stringify(object)).join('\n'));

/** Looks until it is so, twice a second: a kubectl takes a tenth of a second of a core to start. */
export const until = (condition, what, within) => look(condition, what, within, 500);

/** Waits until the object, which is there, is Ready; its state then. */
export async function ready(kind, name, namespace, within = 90_000) {
  const where = namespace ? ['-n', namespace] : [];
  await kubectl('wait', '--for=condition=Ready', kind, name, ...where, `--timeout=${within / 1000}s`).catch(async error => {
    throw new Error(`${error.message}; it says ${JSON.stringify(await get(kind, name, ...where).then(object => object.status, now => now.message))}`);
  });
  return get(kind, name, ...where);
}

/** A part of the cluster itself: `cluster('stop', 'apiserver')`, `cluster('node', '1', 'iptables', …)`. */
export const cluster = (...args) => run('bash', ['tests/cluster/cluster.sh', ...args]);
