// The Pods and roles of the chart have minimal rights, checked for every case of tests/golden/chart.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cases, caseNamed } from './support/cases.mjs';
import { named, podsOf, render } from './support/helm.mjs';
import { restrictedViolations } from './support/pod-security.mjs';

const isUnbound = role => role.kind === 'ClusterRole' && /-tenant-secrets$/.test(role.metadata.name);
// Kubernetes adds the rules of these roles to its own roles of people.
const isAggregated = role => Object.keys(role.metadata.labels ?? {}).some(label => label.startsWith('rbac.authorization.k8s.io/aggregate-to-'));
const containersOf = pod => [...(pod.spec.initContainers ?? []), ...pod.spec.containers];

for (const each of cases) {
  describe(each.name, () => {
    for (const pod of podsOf(each.objects())) {
      test(`${pod.owner} meets the restricted Pod Security Standard`, () => {
        const allowed = each.values.operator?.hostNetwork && pod.owner === 'Deployment/meet-operator' ? ['hostNetwork is true'] : [];
        assert.deepEqual(restrictedViolations(pod.spec), allowed);
      });

      test(`${pod.owner} has a read-only root file system`, () => {
        for (const container of containersOf(pod)) assert.equal(container.securityContext.readOnlyRootFilesystem, true, container.name);
      });

      test(`${pod.owner} mounts a token only into containers that call the API server`, () => {
        assert.equal(pod.spec.automountServiceAccountToken, false);
        const callers = containersOf(pod).filter(container => (container.volumeMounts ?? []).some(mount => mount.mountPath === '/var/run/secrets/kubernetes.io/serviceaccount'));
        assert.deepEqual(callers.map(container => container.name), containersOf(pod).map(container => container.name).filter(name => ['operator', 'signaling', 'finalizers'].includes(name)));
      });

      test(`${pod.owner} declares its resource requests and its memory limit`, () => {
        for (const container of containersOf(pod)) {
          assert.ok(container.resources.requests.cpu && container.resources.requests.memory && container.resources.limits.memory, container.name);
        }
      });

      test(`${pod.owner} runs the images that the values name`, () => {
        for (const { image } of containersOf(pod)) {
          assert.match(image, /^\S+:[^:/]+$/);
          assert.doesNotMatch(image, /:latest$/);
          if (each.values.image?.registry) assert.ok(image.startsWith(`${each.values.image.registry}/`), image);
        }
      });
    }

    test('no role has more rights than it needs', () => {
      for (const role of each.objects().filter(object => /Role$/.test(object.kind))) {
        for (const rule of role.rules) {
          const where = `${role.kind} ${role.metadata.name}: ${JSON.stringify(rule)}`;
          for (const value of [...rule.apiGroups, ...rule.resources, ...rule.verbs]) assert.doesNotMatch(value, /\*/, where);
          for (const verb of ['escalate', 'bind', 'impersonate']) assert.ok(!rule.verbs.includes(verb), where);
          for (const resource of ['pods/exec', 'pods/attach', 'pods/portforward', 'nodes/proxy', 'serviceaccounts/token', 'clusterroles', 'roles', 'clusterrolebindings', 'rolebindings']) {
            assert.ok(!rule.resources.includes(resource), where);
          }
          if (rule.resources.includes('nodes')) assert.deepEqual(rule.verbs.filter(verb => !['get', 'list', 'watch'].includes(verb)), [], where);
          // Secrets: create in all namespaces, named ones in the namespace of the installation, and get in the namespaces of tenants that bind the role.
          if (rule.resources.includes('secrets') && role.kind === 'ClusterRole') assert.deepEqual(rule.verbs, [isUnbound(role) ? 'get' : 'create'], where);
          if (rule.resources.includes('secrets') && role.kind === 'Role') assert.ok(rule.resourceNames?.length > 0, where);
          if (rule.resources.includes('secrets') && /-signaling$/.test(role.metadata.name)) {
            const allowed = ['control-signaling', 'turn'].map(name => role.metadata.name.replace(/signaling$/, name));
            const verbs = rule.resourceNames.includes(allowed[1]) ? ['get', 'list', 'watch'] : ['get'];
            assert.deepEqual([role.kind, rule.verbs, rule.resourceNames.filter(name => !allowed.includes(name))], ['Role', verbs, []], where);
          }
          if (rule.resources.some(resource => resource.endsWith('webhookconfigurations')) && rule.verbs.some(verb => !['list', 'watch'].includes(verb))) assert.deepEqual(rule.resourceNames?.length > 0, true, where);
        }
      }
    });

    test('every role is bound to the service account of its Pods', () => {
      const objects = each.objects();
      for (const role of objects.filter(object => /Role$/.test(object.kind) && !isUnbound(object) && !isAggregated(object))) {
        const binding = objects.find(object => object.kind === `${role.kind}Binding` && object.roleRef.name === role.metadata.name);
        assert.ok(binding, `${role.kind} ${role.metadata.name}`);
        for (const subject of binding.subjects) named(objects, 'ServiceAccount', subject.name);
      }
    });

    test('people who may view, edit or administer a namespace have rights on every kind, and none on anything else', () => {
      const roles = each.objects().filter(isAggregated);
      const rights = role => roles.filter(one => one.metadata.labels[`rbac.authorization.k8s.io/aggregate-to-${role}`] === 'true').flatMap(one => one.rules);
      // Without meetings, whose status has the link with which anyone can join.
      assert.deepEqual(rights('view').flatMap(rule => rule.resources).sort(), ['sfunodes', 'sfupools', 'tenants', 'turnpools']);
      assert.deepEqual(new Set(rights('view').flatMap(rule => rule.verbs)), new Set(['get', 'list', 'watch']));
      assert.deepEqual(rights('edit').filter(rule => rule.verbs.includes('patch')).flatMap(rule => rule.resources).sort(), ['meetings', 'sfunodes']);
      assert.deepEqual(rights('admin').filter(rule => rule.verbs.includes('patch')).flatMap(rule => rule.resources).sort(), ['sfupools', 'sfupools/scale', 'turnpools', 'turnpools/scale']);
      for (const rule of roles.flatMap(role => role.rules)) assert.deepEqual(rule.apiGroups, ['meetoperator.io']);
      assert.ok(roles.flatMap(role => role.rules).every(rule => !rule.resources.some(resource => /status|finalizers/.test(resource))));
    });

    test('the role that reads Secrets of tenants is bound only in the listed namespaces and in the namespace of helm test', () => {
      const objects = each.objects();
      const role = objects.find(isUnbound);
      const bindings = objects.filter(object => /Binding$/.test(object.kind) && object.roleRef.name === role.metadata.name);
      assert.ok(bindings.every(binding => binding.kind === 'RoleBinding'));
      const tested = objects.filter(object => object.kind === 'Namespace').map(namespace => namespace.metadata.name);
      assert.deepEqual(bindings.map(binding => binding.metadata.namespace).sort(), [...each.values.tenantNamespaces ?? [], ...tested].sort());
      for (const binding of bindings) assert.deepEqual(binding.subjects.map(subject => named(objects, 'ServiceAccount', subject.name).metadata.name), [objects.find(object => object.kind === 'Deployment' && /-operator$/.test(object.metadata.name)).metadata.name]);
    });

    test('Services, PodDisruptionBudgets and NetworkPolicies select Pods', () => {
      const objects = each.objects();
      const finds = selector => podsOf(objects).some(pod => Object.entries(selector).every(([key, value]) => pod.metadata.labels[key] === value));
      for (const object of objects) {
        if (object.kind === 'Service') assert.ok(finds(object.spec.selector), object.metadata.name);
        if (object.kind === 'PodDisruptionBudget' || object.kind === 'NetworkPolicy') assert.ok(finds((object.spec.selector ?? object.spec.podSelector).matchLabels), `${object.kind} ${object.metadata.name}`);
      }
    });
  });
}

// The NetworkPolicies that select the Pod; their rules are combined with "or".
function policiesOf(objects, pod) {
  return objects.filter(object => object.kind === 'NetworkPolicy'
    && Object.entries(object.spec.podSelector.matchLabels ?? {}).every(([key, value]) => pod.metadata.labels[key] === value));
}

const ports = rules => rules.flatMap(rule => (rule.ports ?? [{ port: 'any' }]).map(port => `${port.protocol ?? 'TCP'} ${port.port}`)).sort();

describe('network policies', () => {
  const objects = caseNamed('everything').objects();
  const pod = owner => podsOf(objects).find(candidate => candidate.owner === owner);
  const rulesOf = (owner, direction) => policiesOf(objects, pod(owner)).flatMap(policy => policy.spec[direction] ?? []);

  for (const each of podsOf(objects)) {
    test(`${each.owner} allows only listed ingress and egress`, () => {
      assert.ok(policiesOf(objects, each).length > 0, 'no policy selects the Pod');
      assert.ok(policiesOf(objects, each).some(policy => policy.spec.policyTypes.join() === 'Ingress,Egress'));
    });
  }

  test('the operator accepts the API server and Prometheus, and connects to the API server, media nodes, the trace collector, and the ports that pools expose', () => {
    assert.deepEqual(ports(rulesOf('Deployment/conference-operator', 'ingress')), ['TCP 8081', 'TCP 9443']);
    assert.deepEqual(ports(rulesOf('Deployment/conference-operator', 'egress')), ['TCP 1024', 'TCP 4318', 'TCP 443', 'TCP 53', 'TCP 6443', 'TCP 8090', 'TCP any', 'UDP 1024', 'UDP 53']);
  });

  test('signaling also connects to its database, Redis and name servers', () => {
    assert.deepEqual(ports(rulesOf('Deployment/conference-signaling', 'ingress')), ['TCP 8080', 'TCP 8081']);
    assert.deepEqual(ports(rulesOf('Deployment/conference-signaling', 'egress')), ['TCP 4318', 'TCP 53', 'TCP 6380', 'TCP 6432', 'TCP 6443', 'TCP 8090', 'TCP any', 'UDP 53']);
  });

  test('metrics are open to the peers in the values, to every Pod when only a PodMonitor is set, and otherwise to none', () => {
    const collectors = (values, part) => {
      const all = render(values);
      const pod = podsOf(all).find(candidate => candidate.owner === `Deployment/meet-${part}`);
      return policiesOf(all, pod).flatMap(policy => policy.spec.ingress ?? []).filter(rule => rule.ports.some(({ port }) => port === 8081)).map(rule => rule.from);
    };
    const peers = [{ podSelector: { matchLabels: { app: 'prometheus' } } }];
    const forNodes = values => podsOf(render(values)).find(candidate => candidate.owner === 'Deployment/meet-operator').spec.containers[0].env.find(one => one.name === 'MEET_METRICS_FROM')?.value;
    for (const [values, from] of [[{}, undefined], [{ podMonitor: { enabled: true } }, [{ namespaceSelector: {} }]], [{ networkPolicy: { metricsFrom: peers } }, peers]]) {
      for (const part of ['operator', 'signaling']) assert.deepEqual(collectors(values, part), from ? [from] : [], part);
      assert.deepEqual(JSON.parse(forNodes(values) ?? 'null') ?? undefined, from, 'media nodes');
    }
  });

  test('no Service, Ingress or route exposes the metrics port of signaling', () => {
    for (const each of cases) {
      for (const service of each.objects().filter(object => object.kind === 'Service' && object.spec.selector?.['meetoperator.io/component'] === 'signaling')) {
        assert.deepEqual(service.spec.ports.map(port => port.targetPort), ['http'], `${each.name} ${service.metadata.name}`);
      }
    }
  });

  test('without a network database, signaling connects to no database port', () => {
    const alone = render();
    const signaling = podsOf(alone).find(candidate => candidate.owner === 'Deployment/meet-signaling');
    assert.deepEqual(ports(policiesOf(alone, signaling).flatMap(policy => policy.spec.egress ?? [])), ['TCP 443', 'TCP 6443', 'TCP 8090']);
  });

  test('when the values name peers, only these peers are allowed', () => {
    const everything = rulesOf('Deployment/conference-signaling', 'egress');
    for (const port of [6432, 6380, 8090]) {
      const rules = everything.filter(rule => rule.ports?.some(open => open.port === port));
      assert.ok(rules.length > 0 && rules.every(rule => rule.to?.length > 0), String(port));
    }
    assert.ok(everything.filter(rule => rule.ports === undefined).every(rule => rule.to?.length > 0), 'any port');
    assert.ok(rulesOf('Deployment/conference-signaling', 'ingress').every(rule => rule.from?.length > 0));
  });
});

describe('restrictedViolations', () => {
  const good = podsOf(caseNamed('minimal').objects()).find(candidate => candidate.owner === 'Deployment/meet-signaling').spec;
  for (const [what, change] of [
    ['privileged', spec => { spec.containers[0].securityContext.privileged = true; }],
    ['allowPrivilegeEscalation', spec => { delete spec.containers[0].securityContext.allowPrivilegeEscalation; }],
    ['runAsNonRoot', spec => { delete spec.securityContext.runAsNonRoot; delete spec.containers[0].securityContext.runAsNonRoot; }],
    ['capabilities', spec => { spec.containers[0].securityContext.capabilities = {}; }],
    ['adds NET_ADMIN', spec => { spec.containers[0].securityContext.capabilities.add = ['NET_ADMIN']; }],
    ['seccomp', spec => { delete spec.securityContext.seccompProfile; delete spec.containers[0].securityContext.seccompProfile; }],
    ['hostNetwork', spec => { spec.hostNetwork = true; }],
    ['hostPath', spec => { spec.volumes.push({ name: 'x', hostPath: { path: '/' } }); }],
    ['port', spec => { spec.containers[0].ports[0].hostPort = 80; }],
    ['root', spec => { spec.initContainers[0].securityContext.runAsUser = 0; }],
  ]) {
    test(`a Pod with the violation "${what}" is reported`, () => {
      const bad = structuredClone(good);
      change(bad);
      const found = restrictedViolations(bad);
      assert.equal(found.length, 1, found.join('; '));
      assert.ok(found[0].includes(what), found[0]);
    });
  }
});
