using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.TurnPools;

/// <summary>One way in which clients reach the relays.</summary>
[CelRule("!has(self.port) || self.port >= 1024 || (self.protocol == 'TLS' && self.port == 443)", TurnPoolValidation.PortPrivileged, FieldPath = ".port")]
public sealed record TurnListener
{
    /// <summary>The port of TLS that strict firewalls let through.</summary>
    public const int HttpsPort = 443;

    /// <summary>Protocol between clients and relays. Required; mutable, by replacing relays.</summary>
    [RequiredField]
    public TurnProtocol Protocol { get; init; }

    /// <summary>Port of the relays, 1024 to 65535, or 443 for TLS. UDP and TCP have the same port, and TLS another one. Default 3478; mutable, by replacing relays.</summary>
    [Range(HttpsPort, 65_535)]
    [Default("3478")]
    public int Port { get; init; } = 3478;
}
