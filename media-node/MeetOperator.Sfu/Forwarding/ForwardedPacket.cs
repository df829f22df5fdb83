using MeetOperator.Rtp.Packets;
using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Forwarding;

/// <summary>A packet on its way through the node: parsed once, then handed to every subscriber by reference.</summary>
internal readonly ref struct ForwardedPacket
{
    public required UpTrack Source { get; init; }

    /// <summary>The whole plaintext packet.</summary>
    public required ReadOnlySpan<byte> Data { get; init; }
    public required RtpHeader Header { get; init; }

    /// <summary>Everything behind the header, padding included.</summary>
    public required ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>Unwrapped sequence number of the source.</summary>
    public required long Sequence { get; init; }

    /// <summary>The first packet of a frame that can be decoded on its own.</summary>
    public required bool StartsKeyFrame { get; init; }
}
