/** A way to the media node: directly, through a relay (TURN) that the browser reaches over UDP, TCP or TLS, or on a WebSocket to the server of the page. */
export type CheckedPath = 'udp' | 'tcp' | 'relay-udp' | 'relay-tcp' | 'relay-tls' | 'tunnel';

/** `unknown`: the address is a name. */
export type CheckedFamily = 'ipv4' | 'ipv6' | 'unknown';

/** What the settings of the server deny: everything without a relay, TCP without a relay, relays, or tunnels. `tunnel-browser`: tunnels are allowed, and this browser has none. */
export type DeniedWay = 'direct' | 'tcp' | 'relay' | 'relay-quota' | 'tunnel' | 'tunnel-browser';

const deniedWays: readonly DeniedWay[] = ['direct', 'tcp', 'relay', 'relay-quota'];

/** What the server tells about a check that is open. */
export interface OpenedCheck {
  readonly checkId: string;
  readonly seconds: number;
  /** Maximum number of connections. */
  readonly connections: number;
  readonly iceServers: readonly RTCIceServer[];
  readonly addresses: readonly string[];
  readonly udpPorts: readonly number[];
  readonly tcpPort?: number | null;
  readonly denied?: readonly string[];
  /** A WebSocket that acknowledges what arrives, at the path of tunnels; null if tunnels are denied. Servers of earlier versions do not name it. */
  readonly tunnelUrl?: string | null;
}

/** What is denied, as far as this version knows it. */
export const deniedBy = ({ denied = [], tunnelUrl }: OpenedCheck, canTunnel: boolean): DeniedWay[] => [
  ...deniedWays.filter(way => denied.includes(way)),
  ...(tunnelUrl === undefined ? [] : tunnelUrl === null ? ['tunnel' as const] : canTunnel ? [] : ['tunnel-browser' as const]),
];

/** One way to try, and what a firewall has to let out for it. */
export interface Rung {
  /** Lower-case letters, digits and hyphens; unique in a check. */
  readonly name: string;
  readonly path: CheckedPath;
  readonly family: CheckedFamily;
  readonly protocol: 'udp' | 'tcp';
  /** The addresses, or the name of a relay. */
  readonly hosts: readonly string[];
  readonly ports: readonly number[];
  /** The relay, with this URL only; null for a way without one. */
  readonly relay: RTCIceServer | null;
}

/** The last resort: a tunnel, which is a WebSocket and not a connection of WebRTC. */
export function tunnelRung(url: string): Rung {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/[[\]]/g, '');
  return { name: 'tunnel', path: 'tunnel', family: familyOf(host), protocol: 'tcp', hosts: [host], ports: [Number(port || (protocol === 'wss:' ? 443 : 80))], relay: null };
}

/** All ways of WebRTC, the best first (RFC 8421 §4 is about families: the browser would use either). One connection is left for the bandwidth. */
export function rungsOf({ addresses, udpPorts, tcpPort, iceServers, connections }: OpenedCheck): Rung[] {
  const direct = (protocol: 'udp' | 'tcp', ports: readonly number[]): Rung[] => (['ipv4', 'ipv6'] as const).flatMap(family => {
    const hosts = addresses.filter(address => familyOf(address) === family);
    return hosts.length === 0 || ports.length === 0 ? [] : [{ name: `${protocol}-${family}`, path: protocol, family, protocol, hosts, ports, relay: null }];
  });
  const relays = iceServers.flatMap(server => [server.urls].flat().map(url => relayRung(server, url))).filter(rung => rung !== null);
  const order: readonly CheckedPath[] = ['relay-udp', 'relay-tcp', 'relay-tls'];
  const sorted = order.flatMap(path => relays.filter(rung => rung.path === path)).map((rung, index) => ({ ...rung, name: `${rung.path}-${index + 1}` }));
  return [...direct('udp', udpPorts), ...direct('tcp', typeof tcpPort === 'number' ? [tcpPort] : []), ...sorted].slice(0, Math.max(0, connections - 1));
}

/** Reads a URL of a relay (RFC 7065 §3.1); null for one of another form, such as `stun:`. */
function relayRung(server: RTCIceServer, url: string): Rung | null {
  const [, scheme, host, port, transport] = /^(turns?):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?$/.exec(url) ?? [];
  if (host === undefined) return null;
  const isTls = scheme === 'turns';
  const protocol = transport === 'tcp' || isTls ? 'tcp' : 'udp';
  const bare = host.replace(/[[\]]/g, '');
  return {
    name: url, path: isTls ? 'relay-tls' : `relay-${protocol}`, family: familyOf(bare), protocol, hosts: [bare], ports: [Number(port ?? (isTls ? 5349 : 3478))], relay: { ...server, urls: [url] },
  };
}

function familyOf(host: string): CheckedFamily {
  if (host.includes(':')) return 'ipv6';
  return /^\d+\.\d+\.\d+\.\d+$/.test(host) ? 'ipv4' : 'unknown';
}

/** Leaves in the media node's answer only the candidates that this way may use. A relay sends to the media node over UDP, whichever way it is reached. */
export function onlyCandidatesOf({ path, family, relay }: Rung, answer: string): string {
  return answer.split(/\r?\n/).filter(line => {
    const [, protocol, address] = /^a=candidate:\S+ \d+ (\S+) \d+ (\S+) /.exec(line) ?? [];
    if (protocol === undefined) return true;
    return relay === null ? protocol.toLowerCase() === path && familyOf(address!) === family : protocol.toLowerCase() === 'udp';
  }).join('\r\n');
}
