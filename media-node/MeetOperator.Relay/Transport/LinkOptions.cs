using MeetOperator.Relay.Keys;

namespace MeetOperator.Relay.Transport;

/// <summary>The settings of a <see cref="LinkTransport"/>.</summary>
public sealed class LinkOptions
{
    public required LinkRole Role { get; init; }

    /// <summary>Identifies the link in datagrams to this end.</summary>
    public required uint LocalTag { get; init; }

    /// <summary>Identifies the link in datagrams to the other end.</summary>
    public required uint RemoteTag { get; init; }

    /// <summary>
    /// Source of nonces and of the times between hellos. They must not be predictable, and nonces must not repeat, so the media node passes a cryptographically secure one.
    /// Tests pass a seeded one.
    /// </summary>
    public required Random Random { get; init; }

    /// <summary>
    /// Maximum number of inbound streams (SSRCs) with full state. The least recently used one is evicted. A session can open sixteen times as many.
    /// </summary>
    public int MaximumInboundStreams { get; init; } = 8192;

    /// <summary>The same for outbound streams.</summary>
    public int MaximumOutboundStreams { get; init; } = 8192;

    internal LinkTags Tags => Role == LinkRole.Opener ? new LinkTags(LocalTag, RemoteTag) : new LinkTags(RemoteTag, LocalTag);
}
