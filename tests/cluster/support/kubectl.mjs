import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { until as poll } from '../../e2e/support/visitor.mjs';
import { pathOf, read } from './api-server.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));

const kubeconfig = process.env.KUBECONFIG ?? '/run/meet-cluster/admin.kubeconfig';

const start = (program, args) => spawn(program, args, { cwd: root, env: { ...process.env, KUBECONFIG: kubeconfig } });

/** Runs a program with the kubeconfig of the cluster. Returns its standard output, or rejects with its error output. */
export function run(program, args, input = undefined) {
  return new Promise((resolve, reject) => {
    const child = start(program, args);
    let [output, errors] = ['', ''];
    child.stdout.on('data', data => { output += data; });
    child.stderr.on('data', data => { errors += data; });
    child.on('error', reject);
    child.on('close', code => (code === 0 ? resolve(output) : reject(new Error(`${program} ${args.join(' ')} exited with ${code}: ${errors.trim() || output.trim()}`))));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

export const kubectl = (...args) => run('kubectl', args);

/** Starts `kubectl proxy`, which serves the API server at a local `url` until `close`. */
export function openProxy() {
  return new Promise((resolve, reject) => {
    const child = start('kubectl', ['proxy', '--port=0']);
    let output = '';
    child.on('error', reject).on('close', code => reject(new Error(`kubectl proxy exited with ${code}: ${output}`)));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', data => {
        output += data;
        const address = /Starting to serve on (\S+:\d+)\n/.exec(output)?.[1];
        if (address) resolve({ url: `http://${address}`, close: () => child.kill() });
      });
    }
  });
}

/** The object of `kubectl get … -o json`, or the items of a list. Only what the API server does not return is left to kubectl, which words the error. */
export async function get(...args) {
  const path = pathOf(args);
  const object = (path === null ? null : await read(path, kubeconfig)) ?? JSON.parse(await kubectl('get', ...args, '-o', 'json'));
  if (object.kind !== 'List' && !object.kind?.endsWith('List')) return object;
  return object.items.map(item => ({ apiVersion: object.apiVersion, kind: object.kind.replace(/List$/, ''), ...item }));
}

export const apply = (...objects) => run('kubectl', ['apply', '-f', '-'], objects.map(object => JSON.stringify(object)).join('\n'));

/** Polls four times per second, because some conditions start kubectl, which uses 0.1 s of CPU time. */
export const until = (condition, what, within) => poll(condition, what, within, 250);

/** Waits until an existing object is Ready, and returns it. */
export async function ready(kind, name, namespace, within = 90_000) {
  const where = namespace ? ['-n', namespace] : [];
  await kubectl('wait', '--for=condition=Ready', kind, name, ...where, `--timeout=${within / 1000}s`).catch(async error => {
    throw new Error(`${error.message}; its status: ${JSON.stringify(await get(kind, name, ...where).then(object => object.status, failure => failure.message))}`);
  });
  return get(kind, name, ...where);
}

/** Runs cluster.sh: `cluster('stop', 'apiserver')`, `cluster('node', '1', 'iptables', …)`. */
export const cluster = (...args) => run('bash', ['tests/cluster/cluster.sh', ...args]);
