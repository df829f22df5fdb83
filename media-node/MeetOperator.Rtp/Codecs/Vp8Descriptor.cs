namespace MeetOperator.Rtp.Codecs;

/// <summary>The VP8 payload descriptor, and the key-frame bit and frame size that follow it (RFC 7741 §4.2, §4.3).</summary>
public readonly struct Vp8Descriptor
{
    /// <summary>N bit: no other frame references this frame, so it can be dropped.</summary>
    public bool IsNonReference { get; init; }

    public bool IsLongPictureId { get; init; }

    public ushort PictureId { get; init; }

    public byte Tl0PictureIndex { get; init; }

    public byte TemporalLayer { get; init; }

    /// <summary>Y bit: the frame references only the base layer, so a receiver may switch up to its layer here.</summary>
    public bool IsLayerSync { get; init; }

    /// <summary>True for the first packet of a key frame.</summary>
    public bool StartsKeyFrame { get; init; }

    /// <summary>Width of a key frame in pixels; 0 for other packets.</summary>
    public ushort Width { get; init; }

    public ushort Height { get; init; }

    /// <summary>Length of the descriptor in bytes.</summary>
    public int Length { get; init; }

    public static bool TryParse(ReadOnlySpan<byte> payload, out Vp8Descriptor descriptor)
    {
        descriptor = default;
        if (payload.IsEmpty)
        {
            return false;
        }

        var first = payload[0];
        var position = 1;
        ushort pictureId = 0;
        var isLong = false;
        byte tl0 = 0, layers = 0;
        var hasTemporalLayer = false;
        if ((first & 0x80) != 0)
        {
            if (payload.Length < 2)
            {
                return false;
            }

            var flags = payload[position++];
            if ((flags & 0x80) != 0)
            {
                if (!Codecs.PictureId.TryRead(payload, ref position, out pictureId, out isLong))
                {
                    return false;
                }
            }

            if ((flags & 0x40) != 0)
            {
                if (position >= payload.Length)
                {
                    return false;
                }

                tl0 = payload[position++];
            }

            if ((flags & 0x30) != 0)
            {
                if (position >= payload.Length)
                {
                    return false;
                }

                hasTemporalLayer = (flags & 0x20) != 0;
                layers = payload[position++];
            }
        }

        var frame = payload[position..];
        var startsFrame = (first & 0x10) != 0 && (first & 0x07) == 0; // S bit and partition 0
        var isKey = startsFrame && !frame.IsEmpty && (frame[0] & 0x01) == 0; // §4.3: P is zero for key frames
        var hasSize = isKey && frame.Length >= 10; // RFC 6386 §9.1: tag, start code, then 14 bits each
        descriptor = new Vp8Descriptor
        {
            IsNonReference = (first & 0x20) != 0,
            IsLongPictureId = isLong,
            PictureId = pictureId,
            Tl0PictureIndex = tl0,
            TemporalLayer = hasTemporalLayer ? (byte)(layers >> 6) : (byte)0,
            IsLayerSync = hasTemporalLayer && (layers & 0x20) != 0,
            StartsKeyFrame = isKey,
            Width = hasSize ? (ushort)((frame[6] | (frame[7] << 8)) & 0x3FFF) : (ushort)0,
            Height = hasSize ? (ushort)((frame[8] | (frame[9] << 8)) & 0x3FFF) : (ushort)0,
            Length = position,
        };
        return true;
    }
}
