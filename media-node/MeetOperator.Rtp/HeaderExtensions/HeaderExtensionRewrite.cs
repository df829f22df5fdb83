namespace MeetOperator.Rtp.HeaderExtensions;

/// <summary>The input for the extension block of a forwarded packet.</summary>
public readonly ref struct HeaderExtensionRewrite
{
    /// <summary>The sender's IDs.</summary>
    public required HeaderExtensionMap From { get; init; }

    /// <summary>The receiver's IDs.</summary>
    public required HeaderExtensionMap To { get; init; }

    /// <summary>The receiver's MID for this track in ASCII; empty to omit it.</summary>
    public ReadOnlySpan<byte> Mid { get; init; }

    /// <summary>The 24-bit abs-send-time value: seconds modulo 64 as a 6.18 fixed-point number.</summary>
    public uint AbsoluteSendTime { get; init; }

    /// <summary>The receiver's transport-wide sequence number; written when <see cref="To"/> has an ID for it.</summary>
    public ushort TransportSequenceNumber { get; init; }

    /// <summary>Whether the receiver accepts a mix of one-byte and two-byte elements (<c>a=extmap-allow-mixed</c>).</summary>
    public bool AllowTwoByte { get; init; }
}
