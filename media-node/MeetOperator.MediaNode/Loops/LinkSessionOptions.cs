using MeetOperator.Relay.Keys;
using MeetOperator.Relay.Transport;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Loops;

/// <summary>The settings of one end of a link.</summary>
internal sealed record LinkSessionOptions
{
    public required LinkRole Role { get; init; }

    /// <summary>Identifies the link in datagrams to this end. No other link of the loop has it.</summary>
    public required uint LocalTag { get; init; }

    /// <summary>Identifies the link in datagrams to the other end.</summary>
    public required uint RemoteTag { get; init; }

    /// <summary>The addresses of the other end, the preferred one first; at least one.</summary>
    public required IReadOnlyList<TransportAddress> Addresses { get; init; }

    /// <summary>The secrets. The link takes ownership of them.</summary>
    public IReadOnlyList<LinkSecret> Secrets { get; init; } = [];
}
