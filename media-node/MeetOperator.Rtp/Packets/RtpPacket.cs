namespace MeetOperator.Rtp.Packets;

/// <summary>A view of an unencrypted RTP packet: header, extension elements, and payload without padding.</summary>
public readonly ref struct RtpPacket
{
    private RtpPacket(ReadOnlySpan<byte> data, scoped in RtpHeader header, int paddingLength)
    {
        Data = data;
        Header = header;
        PaddingLength = paddingLength;
    }

    /// <summary>The whole packet.</summary>
    public ReadOnlySpan<byte> Data { get; }

    public RtpHeader Header { get; }

    /// <summary>Bytes of padding at the end, including the count byte.</summary>
    public int PaddingLength { get; }

    public ReadOnlySpan<byte> Payload => Data[Header.Length..(Data.Length - PaddingLength)];

    /// <summary>The header extension elements in packet order.</summary>
    public HeaderExtensionEnumerator Extensions => new(Data, Header);

    /// <summary>Parses an unencrypted packet. False for a malformed header or padding that is longer than the payload.</summary>
    public static bool TryParse(ReadOnlySpan<byte> data, out RtpPacket packet)
    {
        packet = default;
        if (!RtpHeader.TryParse(data, out var header))
        {
            return false;
        }

        var padding = 0;
        if (header.HasPadding)
        {
            // RFC 3550 §5.1: the last byte counts the padding including itself, so zero is malformed.
            padding = data[^1];
            if (padding == 0 || padding > data.Length - header.Length)
            {
                return false;
            }
        }

        packet = new RtpPacket(data, header, padding);
        return true;
    }
}
