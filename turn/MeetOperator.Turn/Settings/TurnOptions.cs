using System.Net;

namespace MeetOperator.Turn.Settings;

/// <summary>Settings of a relay; each value comes from one environment variable in docs/configuration.md.</summary>
internal sealed record TurnOptions
{
    /// <summary>MEET_CONTROL_ADDRESS: address for the operator, probes and metrics.</summary>
    public required IPEndPoint ControlAddress { get; init; }

    /// <summary>MEET_NODE_CERTIFICATE, MEET_NODE_KEY, MEET_NODE_AUTHORITIES.</summary>
    public required NodeControl.Security.ControlCredentials Credentials { get; init; }

    /// <summary>MEET_TURN_DATA: an empty folder for the database, which contains secrets.</summary>
    public required string DataFolder { get; init; }

    /// <summary>MEET_TURN_REALM.</summary>
    public required string Realm { get; init; }

    /// <summary>MEET_TURN_LISTEN_ADDRESSES: addresses at which clients reach the relay. Addresses that this host does not have are left out.</summary>
    public required IReadOnlyList<IPAddress> ListenAddresses { get; init; }

    /// <summary>MEET_TURN_RELAY_ADDRESSES: the addresses from which media nodes receive, at most one of each family. Addresses that this host does not have are left out.</summary>
    public required IReadOnlyList<IPAddress> RelayAddresses { get; init; }

    /// <summary>MEET_TURN_PORT: UDP and TCP port of the relay.</summary>
    public required int Port { get; init; }

    /// <summary>MEET_TURN_PROTOCOLS: UDP, TCP or both.</summary>
    public bool Udp { get; init; } = true;
    public bool Tcp { get; init; } = true;

    /// <summary>MEET_TURN_TLS_PORT: TCP port for TLS; 0 for none.</summary>
    public int TlsPort { get; init; }

    /// <summary>MEET_TURN_RELAY_PORTS, for example 49152-65535.</summary>
    public (int Min, int Max) RelayPorts { get; init; } = (49_152, 65_535);

    /// <summary>MEET_TURN_ALLOCATIONS_PER_CREDENTIAL, MEET_TURN_ALLOCATIONS, MEET_TURN_BYTES_PER_SECOND: limits; 0 is none.</summary>
    public int AllocationsPerCredential { get; init; }
    public int Allocations { get; init; }
    public int BytesPerSecond { get; init; }

    /// <summary>MEET_TURN_LOOPBACK_PEERS: media nodes may be on loopback addresses, as in an embedded installation.</summary>
    public bool AllowLoopbackPeers { get; init; }

    /// <summary>MEET_TURN_SERVER: the program of coturn.</summary>
    public string Server { get; init; } = "turnserver";

    public string DatabasePath => Path.Combine(DataFolder, "turn.db");

    /// <summary>Certificate chain and private key for TLS, in one file, so that they are replaced at once.</summary>
    public string TlsPath => Path.Combine(DataFolder, "tls.pem");

    /// <summary>Omits the credentials so that they cannot get into a log.</summary>
    public override string ToString() => nameof(TurnOptions);
}
