// People whose browsers may use relays (TURN) only.

/** Runs in the page: a network that lets nothing through but the relay, over one protocol. */
const relayOnly = transport => {
  const Real = globalThis.RTCPeerConnection;
  const limited = ({ iceServers, ...configuration }) => ({
    ...configuration,
    iceTransportPolicy: 'relay',
    iceServers: iceServers?.map(server => ({ ...server, urls: [server.urls].flat().filter(url => url.endsWith(`transport=${transport}`)) })),
  });
  globalThis.RTCPeerConnection = class extends Real {
    constructor(configuration) {
      super(limited(configuration));
    }

    setConfiguration(configuration) {
      super.setConfiguration(limited(configuration));
    }
  };
};

/** The local candidates that the connections of the page use. */
export const pathsOf = visitor => visitor.page.evaluate(async () => {
  const found = [];
  for (const connection of globalThis.connections) {
    if (connection.connectionState !== 'connected') continue;
    const report = await connection.getStats();
    report.forEach(record => {
      if (record.type !== 'transport') return;
      const local = report.get(report.get(record.selectedCandidatePairId)?.localCandidateId);
      found.push(`${local?.relayProtocol === undefined ? local?.candidateType : 'relay'} ${local?.relayProtocol}`); // `prflx` behind address translation
    });
  }
  return found;
});

/** The URLs of the relays that the connections of the page use. */
export const relaysInUse = visitor => visitor.page.evaluate(async () => {
  const urls = new Set();
  for (const connection of globalThis.connections.filter(one => one.connectionState === 'connected')) {
    const report = await connection.getStats();
    report.forEach(record => {
      if (record.type === 'transport') urls.add(report.get(report.get(record.selectedCandidatePairId)?.localCandidateId)?.url);
    });
  }
  return [...urls];
});

/** A participant for `withParticipants` or `Visitor.arrive` who can use nothing but a relay over `udp` or `tcp`. */
export const relayed = (name, transport) => ({ name, prepare: page => page.addInitScript(relayOnly, transport) });

/** Runs in the page: a browser that uses no relay, whatever the page asks for. */
const directOnly = () => {
  const Real = globalThis.RTCPeerConnection;
  const free = configuration => ({ ...configuration, iceTransportPolicy: 'all', iceServers: [] });
  globalThis.RTCPeerConnection = class extends Real {
    constructor(configuration) {
      super(free(configuration));
    }

    setConfiguration(configuration) {
      super.setConfiguration(free(configuration));
    }
  };
};

/** A participant whose browser tries every path but relays, also where the meeting allows relays only. */
export const disobedient = name => ({ name, prepare: page => page.addInitScript(directOnly) });
