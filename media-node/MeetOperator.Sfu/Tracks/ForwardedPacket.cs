using MeetOperator.Rtp.Packets;
using MeetOperator.Sfu.Forwarding;
using MeetOperator.Sfu.Layers;

namespace MeetOperator.Sfu.Tracks;

/// <summary>A packet that is forwarded: parsed once and passed to every down track by reference.</summary>
internal readonly ref struct ForwardedPacket
{
    public required UpTrack Source { get; init; }

    /// <summary>The layer of <see cref="Source"/> that the packet belongs to.</summary>
    public required UpLayer Layer { get; init; }

    /// <summary>The whole unencrypted packet.</summary>
    public required ReadOnlySpan<byte> Data { get; init; }
    public required RtpHeader Header { get; init; }

    /// <summary>Everything after the header, including padding; of redundant audio, the current frame.</summary>
    public required ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>The whole payload of redundant audio (RFC 2198); empty for other packets.</summary>
    public ReadOnlySpan<byte> Redundant { get; init; }

    /// <summary>Whether a packet before this one is missing.</summary>
    public bool FollowsGap { get; init; }

    /// <summary>The numbers of the packet in its layer.</summary>
    public required SourceNumbers Numbers { get; init; }

    /// <summary>The place of the packet's frame in the layers of its stream.</summary>
    public FrameLayers Frame { get; init; }

    /// <summary>Whether the packet is the first packet of a key frame.</summary>
    public required bool StartsKeyFrame { get; init; }

    /// <summary>How long ago the packet arrived, if it is from the history; 0 for one that arrives now.</summary>
    public long AgeTicks { get; init; }

    /// <summary>Whether the packet belongs to a key frame whose first packet has arrived.</summary>
    public bool IsKeyFrame { get; init; }
}
