namespace MeetOperator.Rtp.HeaderExtensions;

/// <summary>What the extension block of a forwarded packet is made from.</summary>
public readonly ref struct HeaderExtensionRewrite
{
    /// <summary>The sender's ids.</summary>
    public required HeaderExtensionMap From { get; init; }

    /// <summary>The receiver's ids.</summary>
    public required HeaderExtensionMap To { get; init; }

    /// <summary>The receiver's mid for this track, as ASCII; empty to leave it out.</summary>
    public ReadOnlySpan<byte> Mid { get; init; }

    /// <summary>24-bit value for abs-send-time, see <see cref="AbsoluteSendTime.FromTicks"/>.</summary>
    public uint AbsoluteSendTime { get; init; }

    /// <summary>The receiver's transport-wide sequence number; written when <see cref="To"/> has an id for it.</summary>
    public ushort TransportSequenceNumber { get; init; }

    /// <summary>Whether the receiver agreed to two-byte elements (<c>a=extmap-allow-mixed</c>).</summary>
    public bool AllowTwoByte { get; init; }
}
