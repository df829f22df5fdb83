// Reads the audit log of the API server.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

const LOG = '/run/meet-cluster/audit.log';

const right = reference => `${reference.apiGroup ?? ''}/${reference.resource}${reference.subresource ? `/${reference.subresource}` : ''}`;

/**
 * The rights that a service account has used, and its requests that were forbidden after `since`, as "verb group/resource". Earlier forbidden requests
 * are ignored, because Pods of an uninstalled release can outlive their roles.
 */
export async function rightsUsed(account, since) {
  const [used, forbidden] = [new Set(), new Set()];
  for await (const line of createInterface({ input: createReadStream(LOG) })) {
    if (!line.includes(account)) continue;
    const event = JSON.parse(line);
    if (event.user.username !== account || event.objectRef === undefined || event.objectRef.resource === undefined) continue;
    const request = `${event.verb} ${right(event.objectRef)}`;
    if (event.annotations?.['authorization.k8s.io/decision'] === 'allow') used.add(request);
    else if (event.requestReceivedTimestamp > since) forbidden.add(request);
    // A patch that creates the object also needs the right to create.
    if (event.verb === 'patch' && event.responseStatus?.code === 201) used.add(`create ${right(event.objectRef)}`);
  }
  return { used, forbidden };
}

/** The rights of a role, in the same format. */
export const rightsOf = rules => rules.flatMap(rule => rule.apiGroups.flatMap(group => rule.resources.flatMap(resource => rule.verbs.map(verb => `${verb} ${group}/${resource}`))));
