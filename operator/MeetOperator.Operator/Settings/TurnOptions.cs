namespace MeetOperator.Operator.Settings;

/// <summary>Settings of all relays (TURN) of the installation.</summary>
public sealed record TurnOptions
{
    /// <summary>MEET_TURN_IMAGE: image of relays.</summary>
    public string Image { get; init; } = "meetoperator/turn:0.1.0";

    /// <summary>MEET_TURN_SECRET: the Secret in the operator's namespace with the secrets and URLs of all pools, which signaling reads.</summary>
    public string Secret { get; init; } = "meet-turn";

    /// <summary>MEET_TURN_LOOPBACK_PEERS: media nodes may have loopback addresses, as in an embedded installation. Otherwise relays never forward to one.</summary>
    public bool LoopbackPeers { get; init; }
}
