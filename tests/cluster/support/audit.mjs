// What the API server was asked, as its audit log tells.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

const LOG = '/run/meet-cluster/audit.log';

const right = reference => `${reference.apiGroup ?? ''}/${reference.resource}${reference.subresource ? `/${reference.subresource}` : ''}`;

/**
 * For a service account: the rights that it used, and the requests that were forbidden since then, as "verb group/resource". (A Pod that outlives its
 * role while a release is uninstalled is refused, and rightly.)
 */
export async function rightsUsed(account, since) {
  const [used, refused] = [new Set(), new Set()];
  for await (const line of createInterface({ input: createReadStream(LOG) })) {
    if (!line.includes(account)) continue;
    const event = JSON.parse(line);
    if (event.user.username !== account || event.objectRef === undefined || event.objectRef.resource === undefined) continue;
    const asked = `${event.verb} ${right(event.objectRef)}`;
    if (event.annotations?.['authorization.k8s.io/decision'] === 'allow') used.add(asked);
    else if (event.requestReceivedTimestamp > since) refused.add(asked);
    // An apply or patch that made the object needed the right to create as well.
    if (event.verb === 'patch' && event.responseStatus?.code === 201) used.add(`create ${right(event.objectRef)}`);
  }
  return { used, refused };
}

/** The rights of a role, in the same words. */
export const rightsOf = rules => rules.flatMap(rule => rule.apiGroups.flatMap(group => rule.resources.flatMap(resource => rule.verbs.map(verb => `${verb} ${group}/${resource}`))));
