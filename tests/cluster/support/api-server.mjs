// Reads objects from the API server without starting kubectl, which takes 0.1 s of CPU time.
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';

/** The API versions of the kinds that the tests read, by the names that kubectl takes. */
const paths = Object.fromEntries([
  ['api/v1', ['pod', 'service', 'secret', 'event', 'namespace', 'node', 'resourcequota']],
  ['apis/coordination.k8s.io/v1', ['lease']],
  ['apis/rbac.authorization.k8s.io/v1', ['role', 'clusterrole', 'clusterrolebinding']],
  ['apis/apiextensions.k8s.io/v1', ['customresourcedefinition']],
  ['apis/admissionregistration.k8s.io/v1', ['validatingwebhookconfiguration', 'mutatingwebhookconfiguration']],
  ['apis/meetoperator.io/v1alpha1', ['tenant', 'meeting', 'sfupool', 'sfunode']],
].flatMap(([base, kinds]) => kinds.flatMap(kind => [[kind, `${base}/${kind}s`], [`${kind}s`, `${base}/${kind}s`]])));
const clusterWide = new Set(['namespace', 'node', 'clusterrole', 'clusterrolebinding', 'customresourcedefinition', 'validatingwebhookconfiguration', 'mutatingwebhookconfiguration', 'tenant'].flatMap(kind => [kind, `${kind}s`]));

/** The path of `kubectl get ARGUMENT…`, or null for arguments that only kubectl understands. */
export function pathOf(args) {
  const words = [];
  const query = new URLSearchParams();
  let namespace = 'default';
  for (let at = 0; at < args.length; at++) {
    if (args[at] === '-n') namespace = args[++at];
    else if (args[at] === '-A') namespace = null;
    else if (args[at] === '-l') query.set('labelSelector', args[++at]);
    else if (args[at] === '--field-selector') query.set('fieldSelector', args[++at]);
    else if (args[at].startsWith('-')) return null;
    else words.push(args[at]);
  }
  const [kind, name] = words;
  const path = paths[kind];
  if (path === undefined || words.length > 2 || (name !== undefined && query.size > 0)) return null;
  const cut = path.lastIndexOf('/');
  const collection = namespace === null || clusterWide.has(kind) ? path : `${path.slice(0, cut)}/namespaces/${namespace}${path.slice(cut)}`;
  return `/${collection}${name === undefined ? '' : `/${name}`}${query.size > 0 ? `?${query}` : ''}`;
}

let server;

/** Reads the address and the client certificate from a kubeconfig that cluster.sh wrote. */
function connect(kubeconfig) {
  const text = readFileSync(kubeconfig, 'utf8');
  const data = key => Buffer.from(new RegExp(`\\b${key}-data: ([A-Za-z0-9+/=]+)`).exec(text)[1], 'base64');
  return {
    url: /\bserver: "([^"]+)"/.exec(text)[1],
    agent: new Agent({ keepAlive: true, ca: data('certificate-authority'), cert: data('client-certificate'), key: data('client-key') }),
  };
}

function parsed(chunks) {
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return null;
  }
}

/** The object or list at a path of the API server, or null if it does not respond with 200. */
export function read(path, kubeconfig) {
  return new Promise(resolve => {
    try {
      server ??= connect(kubeconfig);
      request(`${server.url}${path}`, { agent: server.agent, timeout: 10_000 }, response => {
        const chunks = [];
        response.on('data', chunk => chunks.push(chunk)).on('error', () => resolve(null));
        response.on('end', () => resolve(response.statusCode === 200 && response.complete ? parsed(chunks) : null));
      }).on('timeout', function () { this.destroy(); }).on('error', () => resolve(null)).end();
    } catch {
      resolve(null);
    }
  });
}
