namespace MeetOperator.TurnControl;

/// <summary>What a relay accepts and where it may forward to (<c>PUT /v1/turn</c>). It replaces everything that the relay had before.</summary>
public sealed record TurnState
{
    /// <summary>The secrets with which credentials may have been made.</summary>
    public required IReadOnlyList<string> Secrets { get; init; }

    /// <summary>IP addresses of the media nodes. The relay forwards to no other address.</summary>
    public required IReadOnlyList<string> Peers { get; init; }

    /// <summary>Omits the secrets so that they cannot get into a log.</summary>
    public override string ToString() => nameof(TurnState);
}
