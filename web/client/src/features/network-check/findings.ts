import { bestOf, type NetworkCheck, type RungResult } from './results.js';
import type { CheckedFamily, CheckedPath, DeniedWay, Rung } from './rungs.js';

/** What a firewall would have to let out. */
export interface FirewallRule {
  readonly path: CheckedPath;
  readonly protocol: 'udp' | 'tcp';
  readonly hosts: readonly string[];
  readonly ports: readonly number[];
}

/**
 * One finding of a check. `works`: media takes this path. `nothing-works`: no path gets through. `no-web-socket`: the same, and no WebSocket to the server of the page does, without which nobody can
 * join. `no-path`: there is none to try. `denied`: the settings of the server, or the browser, do not allow it, so it was not tried; tunnels are named only where nothing works. `incomplete`: the server did not let some paths be tried. `blocked`: the rule would give a better path, or one at all. `no-ipv6`, `no-ipv4`: one family does
 * not get through and the other one does, which does no harm. `relay-full`, `relay-refused`: the relay answers and takes no further client. `relay-cut-off`:
 * the relay answers and does not reach the media node. `loss`, `delay`, `slow`: the line is worse than video needs, as far as the browser
 * tells what limits it.
 */
export type Finding =
  | { readonly kind: 'works'; readonly path: CheckedPath }
  | { readonly kind: 'nothing-works' }
  | { readonly kind: 'no-web-socket'; readonly host: string }
  | { readonly kind: 'no-path' }
  | { readonly kind: 'denied'; readonly way: DeniedWay }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'blocked'; readonly rule: FirewallRule }
  | { readonly kind: 'no-ipv4' }
  | { readonly kind: 'no-ipv6' }
  | { readonly kind: 'relay-full' | 'relay-refused'; readonly host: string; readonly code: number }
  | { readonly kind: 'relay-cut-off'; readonly host: string }
  | { readonly kind: 'loss'; readonly direction: 'send' | 'receive'; readonly fraction: number }
  | { readonly kind: 'delay'; readonly rttMs: number }
  | { readonly kind: 'slow'; readonly direction: 'send' | 'receive'; readonly bitrate: number };

/** From this on, pictures suffer. */
const lossLimit = 0.02;
const delayLimitMs = 300;

/** A camera in 360p with sound. */
const bitrateLimit = 500_000;

/** Errors of a relay that takes no further client (RFC 8656 §19): the quota of the user is reached, or the capacity. */
const [allocationQuotaReached, insufficientCapacity] = [486, 508];

/** Turns the results of a check into findings, the most important first. */
export function findingsOf({ results, denied, bandwidth }: NetworkCheck): Finding[] {
  const best = bestOf(results);
  const isIncomplete = results.some(({ state }) => state === 'untried');
  const findings: Finding[] = best !== null ? [{ kind: 'works', path: best.rung.path }] : isIncomplete ? [] : [failureOf(results)];
  if (isIncomplete) findings.push({ kind: 'incomplete' });
  findings.push(...rulesOf(results, best).map(rule => ({ kind: 'blocked', rule }) as const));
  const cutOff = new Set<string>();
  for (const { rung, state, refusal, isAllocated } of results) {
    if (state !== 'failed') continue;
    if (isAllocated) cutOff.add(rung.hosts[0]!);
    else if (refusal !== null) findings.push({ kind: refusal === allocationQuotaReached || refusal === insufficientCapacity ? 'relay-full' : 'relay-refused', host: rung.hosts[0]!, code: refusal });
  }
  findings.push(...[...cutOff].map(host => ({ kind: 'relay-cut-off', host }) as const));
  findings.push(...denied.filter(way => best === null || !isTunnel(way)).map(way => ({ kind: 'denied', way }) as const));
  for (const family of ['ipv4', 'ipv6'] as const) {
    const direct = results.filter(({ rung }) => rung.path === 'udp' || rung.path === 'tcp');
    const [own, other] = [direct.filter(({ rung }) => rung.family === family), direct.filter(({ rung }) => rung.family !== family)];
    if (own.length > 0 && own.every(isFailed) && other.some(isConnected)) findings.push({ kind: family === 'ipv4' ? 'no-ipv4' : 'no-ipv6' });
  }
  const sendLoss = bandwidth?.sendLoss ?? best?.sendLoss ?? 0;
  const receiveLoss = bandwidth?.receiveLoss ?? 0;
  if (sendLoss > lossLimit) findings.push({ kind: 'loss', direction: 'send', fraction: sendLoss });
  if (receiveLoss > lossLimit) findings.push({ kind: 'loss', direction: 'receive', fraction: receiveLoss });
  const rttMs = best?.rttMs ?? 0;
  if (rttMs > delayLimitMs) findings.push({ kind: 'delay', rttMs });
  if (bandwidth !== null) {
    const { sendBitrate, isSendLimited, largestSentBitrate, receiveBitrate } = bandwidth;
    if (sendBitrate < bitrateLimit && isSendLimited) findings.push({ kind: 'slow', direction: 'send', bitrate: sendBitrate });
    // What comes back is at most what was sent, and somewhat less while the media node still looks for how much the line takes.
    else if (receiveBitrate < bitrateLimit && largestSentBitrate > 2 * receiveBitrate && largestSentBitrate >= bitrateLimit) findings.push({ kind: 'slow', direction: 'receive', bitrate: receiveBitrate });
  }
  return findings;
}

/** Where a rule helps. The page itself has the address of tunnels. */
const order: readonly CheckedPath[] = ['udp', 'tcp', 'relay-udp', 'relay-tcp', 'relay-tls'];
const isFailed = ({ state }: RungResult): boolean => state === 'failed';
const isConnected = ({ state }: RungResult): boolean => state === 'connected';

const isTunnel = (way: DeniedWay): boolean => way === 'tunnel' || way === 'tunnel-browser';

function failureOf(results: readonly RungResult[]): Finding {
  const tunnel = results.find(result => result.rung.path === 'tunnel' && isFailed(result));
  return tunnel === undefined ? { kind: results.length === 0 ? 'no-path' : 'nothing-works' } : { kind: 'no-web-socket', host: tunnel.rung.hosts[0]! };
}

/** One rule for each better path that does not work, with the addresses of the families that get through. Relays help only where neither direct path does, and one that answers is not blocked. */
function rulesOf(results: readonly RungResult[], best: RungResult | null): FirewallRule[] {
  const better = best === null || best.rung.path === 'tunnel' ? order : order.slice(0, order.indexOf(best.rung.path)).filter(path => best.rung.relay !== null || path === 'udp');
  const families = new Set<CheckedFamily>(results.filter(isConnected).map(({ rung }) => rung.family));
  families.delete('unknown');
  return better.flatMap(path => {
    const failed = results.filter(one => one.rung.path === path && isFailed(one) && one.refusal === null && !one.isAllocated).map(({ rung }) => rung);
    const useful = failed.filter(({ family, relay }) => relay !== null || families.size === 0 || families.has(family));
    return useful.length === 0 ? [] : [ruleOf(path, useful)];
  });
}

const ruleOf = (path: CheckedPath, rungs: readonly Rung[]): FirewallRule => ({
  path,
  protocol: rungs[0]!.protocol,
  hosts: [...new Set(rungs.flatMap(({ hosts }) => hosts))],
  ports: [...new Set(rungs.flatMap(({ ports }) => ports))].sort((one, other) => one - other),
});

/** Writes ports as a firewall rule does: `40000–40003, 41000`. */
export function portsText(ports: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const port of [...ports].sort((one, other) => one - other)) {
    const last = ranges.at(-1);
    if (last !== undefined && port <= last[1] + 1) last[1] = port;
    else ranges.push([port, port]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}–${to}`)).join(', ');
}
