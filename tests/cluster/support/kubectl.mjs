import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { until } from '../../e2e/support/visitor.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Runs a program with the cluster's kubeconfig; its standard output, or an error with what it said. */
export function run(program, args, input = undefined) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, env: { ...process.env, KUBECONFIG: process.env.KUBECONFIG ?? '/run/meet-cluster/admin.kubeconfig' } });
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

/** `kubectl get … -o json` of one object or of a list's items. */
export async function get(...args) {
  const object = JSON.parse(await kubectl('get', ...args, '-o', 'json'));
  return object.kind === 'List' || object.kind?.endsWith('List') ? object.items : object;
}

export const apply = (...objects) => run('kubectl', ['apply', '-f', '-'], objects.map(object => JSON.stringify(object)).join('\n'));

export const condition = (object, type) => object.status?.conditions?.find(one => one.type === type);

export const isReady = object => condition(object, 'Ready')?.status === 'True';

/** Waits until the object is Ready for its present generation. */
export async function ready(kind, name, namespace, within = 90_000) {
  let last;
  await until(async () => {
    last = await get(kind, name, ...(namespace ? ['-n', namespace] : [])).catch(error => error);
    return !(last instanceof Error) && isReady(last);
  }, `${kind} ${name} is ready`, within).catch(error => {
    throw new Error(`${error.message}; it says ${JSON.stringify(last?.status ?? last?.message)}`);
  });
  return last;
}

/** A part of the cluster itself: `cluster('stop', 'apiserver')`, `cluster('node', '1', 'iptables', …)`. */
export const cluster = (...args) => run('bash', ['tests/cluster/cluster.sh', ...args]);
