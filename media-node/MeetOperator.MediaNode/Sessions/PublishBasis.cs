namespace MeetOperator.MediaNode.Sessions;

/// <summary>What the answer to an offer for publishing depends on. The loop applies the answer only while an equal basis still describes the session. Immutable.</summary>
internal sealed record PublishBasis
{
    /// <summary>Describes the node's transport. Its loop has the port of the candidates.</summary>
    public required SessionFactory Factory { get; init; }

    /// <summary>Whether there are candidates for TCP.</summary>
    public required bool AllowsTcp { get; init; }

    /// <summary>Codec names in order of preference.</summary>
    public required IReadOnlyList<string> Codecs { get; init; }

    /// <summary>Whether the clients of the room encrypt payloads end to end.</summary>
    public required bool IsE2ee { get; init; }

    /// <summary>Whether a new session uses a tunnel. One that is open stays what it is.</summary>
    public bool IsTunnel { get; init; }

    /// <summary>Maximum number of concurrent tracks of the participant.</summary>
    public required int MaxTracks { get; init; }

    /// <summary>The session that answers; null for a new one.</summary>
    public PublishState? Session { get; init; }

    public bool Equals(PublishBasis? other) =>
        other is not null && Factory == other.Factory && IsE2ee == other.IsE2ee && IsTunnel == other.IsTunnel && AllowsTcp == other.AllowsTcp && MaxTracks == other.MaxTracks && Session == other.Session && (Codecs == other.Codecs || Codecs.SequenceEqual(other.Codecs));

    public override int GetHashCode() => HashCode.Combine(Factory, IsE2ee, IsTunnel, Session);
}
