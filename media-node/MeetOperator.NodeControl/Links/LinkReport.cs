namespace MeetOperator.NodeControl.Links;

/// <summary>State and load of one end of a link. It contains no key material.</summary>
public sealed record LinkReport
{
    public required string Link { get; init; }

    /// <summary>The media node at the other end, as <c>namespace/name</c>.</summary>
    public required string Peer { get; init; }

    /// <summary><see cref="LinkSpec.Tag"/> of this end.</summary>
    public uint Tag { get; init; }

    /// <summary><see cref="LinkSpec.PeerTag"/> of this end. The other end of the same link has both tags the other way round.</summary>
    public uint PeerTag { get; init; }
    public LinkEndState State { get; init; }

    /// <summary>Epoch of the secret of the current session. Null before the first session.</summary>
    public ushort? Epoch { get; init; }

    /// <summary>Time from a ping to its answer, in milliseconds. Null before the first answer.</summary>
    public double? RttMs { get; init; }

    /// <summary>RTP packets of this end that did not arrive at the other end in the last second or so, in percent. Null before the first answers.</summary>
    public double? LossPct { get; init; }

    /// <summary>Kilobits received during the last second.</summary>
    public long KbpsIn { get; init; }

    /// <summary>Kilobits sent during the last second.</summary>
    public long KbpsOut { get; init; }

    /// <summary>Tracks that the other end has announced.</summary>
    public int TracksIn { get; init; }

    /// <summary>Tracks that this end has announced.</summary>
    public int TracksOut { get; init; }

    /// <summary>Datagrams and messages of this link that were dropped since it was opened.</summary>
    public long Drops { get; init; }
}
