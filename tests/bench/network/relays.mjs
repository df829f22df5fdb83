// Calls over a relay (TURN) while something happens to it: its process ends, its secret or its certificate is replaced, its pool is rolled out.
import { execFileSync } from 'node:child_process';
import { replaceCertificate, rungs, servedCertificate } from '../../e2e/support/person-network.mjs';
import { until } from '../../e2e/support/visitor.mjs';
import { pauseWhile } from './pause.mjs';

/** A call is broken when somebody has no picture for longer. */
const brokenAfterMs = 10_000;

/** The changes of a pool that must break no call, the path of people meanwhile, and how what is to be seen of the pool shows that the change is done. */
const changes = {
  secret: {
    rung: 'turn-udp',
    run({ kubectl }) {
      const record = JSON.parse(Buffer.from(JSON.parse(kubectl('get', 'secret', 'meet-turn', '-n', 'meet-system', '-o', 'json')).data['meet-default_default'], 'base64').toString());
      for (const key of record.keys) key.createdAt = '2025-01-01T00:00:00Z'; // the operator replaces a secret that is older than `rotationHours`
      kubectl('patch', 'secret', 'meet-turn', '-n', 'meet-system', '--type=merge', '-p', JSON.stringify({ data: { 'meet-default_default': Buffer.from(JSON.stringify(record)).toString('base64') } }));
    },
    isDone: (before, now) => now.keyVersion > before.keyVersion,
  },
  certificate: {
    rung: 'turn-tls',
    run: ({ product }) => replaceCertificate(product),
    isDone: (before, now) => now.certificate !== null && now.certificate !== before.certificate,
  },
  rollout: {
    rung: 'turn-udp',
    run({ kubectl, round }) {
      kubectl('patch', 'turnpool', 'default', '--type=merge', '-p', JSON.stringify({ spec: { drain: { deadlineSeconds: 20 }, limits: { allocationsPerCredential: 25 + round } } }));
    },
    isDone: (before, now) => now.readyReplicas === 1 && now.pods.every(pod => !before.pods.includes(pod)),
  },
};

/** What is to be seen and done of the only relay of an installation, so that a person who is let out to it alone has no other path. */
function onlyRelay({ product, network }) {
  const kubectl = (...args) => execFileSync('kubectl', ['--kubeconfig', `${product.home}/kubeconfig`, '-n', 'meet-default', ...args], { encoding: 'utf8' });
  const pods = () => JSON.parse(kubectl('get', 'pods', '-l', 'meetoperator.io/turnpool=default', '-o', 'json')).items.map(({ metadata }) => metadata.name);
  const status = () => JSON.parse(kubectl('get', 'turnpool', 'default', '-o', 'json')).status;
  const see = async () => ({ ...status(), pods: pods(), certificate: await servedCertificate(network.host.ipv4, product.tlsPort).catch(() => null) });
  const allow = rung => network.allow([product.page, rungs(product).find(({ name }) => name === rung)]);
  return { kubectl, pods, status, see, allow };
}

/** Prints `turn.killed`: the longest time for which a picture stands still after the Pod of the relay was deleted without a drain, of all rounds. */
export async function measureKilled({ product, network, inside, outside, rounds, print }) {
  const { kubectl, pods, status, allow } = onlyRelay({ product, network });
  allow('turn-udp');
  const killed = [];
  let readyAfter;
  for (let round = 0; round < rounds; round++) {
    const pause = await pauseWhile({ product, inside, outside }, async () => {
      const before = pods();
      const since = Date.now();
      kubectl('delete', 'pod', ...before, '--grace-period=0', '--force');
      await until(() => status().readyReplicas === 1 && pods().every(name => !before.includes(name)), 'another relay takes participants', 60_000);
      readyAfter = Date.now() - since;
    });
    console.error(`killed, round ${round + 1}: pictures stood still for ${pause} ms; another relay took participants after ${readyAfter} ms`);
    killed.push(pause);
  }
  print('turn.killed', Math.max(...killed) / 1_000, 's', 5);
}

/** Prints `turn.broken-calls`: calls without pictures for 10 s or without an end, of those during a change of the secret, of the certificate (over TLS) and during a rollout. */
export async function measureRelays({ product, network, inside, outside, rounds, print }) {
  const { kubectl, see, allow } = onlyRelay({ product, network });
  let broken = 0;
  for (const [name, { rung, run, isDone }] of Object.entries(changes)) {
    allow(rung);
    for (let round = 0; round < rounds; round++) {
      try {
        const pause = await pauseWhile({ product, inside, outside }, async () => {
          const before = await see();
          await run({ kubectl, product, round });
          await until(async () => isDone(before, await see()), `${name} is done`, 90_000);
        });
        console.error(`${name}, round ${round + 1}: pictures stood still for ${pause} ms`);
        if (pause > brokenAfterMs) broken++;
      } catch (error) {
        console.error(`${name}, round ${round + 1}: ${error.message}`);
        broken++;
      }
    }
  }
  print('turn.broken-calls', broken, 'calls', 0);
}
