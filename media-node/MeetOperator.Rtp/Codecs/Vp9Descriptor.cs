namespace MeetOperator.Rtp.Codecs;

/// <summary>The VP9 payload descriptor (RFC 9628 §4.2).</summary>
public readonly struct Vp9Descriptor
{
    private const int MaximumReferences = 3;

    public ushort PictureId { get; init; }

    /// <summary>P bit: the frame references an earlier picture.</summary>
    public bool IsInterPicturePredicted { get; init; }

    public byte TemporalLayer { get; init; }

    /// <summary>U bit: a receiver may switch up to this temporal layer here.</summary>
    public bool IsSwitchingUpPoint { get; init; }

    public byte SpatialLayer { get; init; }

    /// <summary>D bit: the frame references the next lower spatial layer.</summary>
    public bool IsInterLayerDependent { get; init; }

    public byte Tl0PictureIndex { get; init; }

    /// <summary>F bit: the packet lists its references (flexible mode).</summary>
    public bool IsFlexible { get; init; }

    /// <summary>B bit: a layer frame starts here.</summary>
    public bool StartsFrame { get; init; }

    /// <summary>V bit: the number of spatial layers in the scalability structure; 0 when the structure is absent.</summary>
    public byte AnnouncedSpatialLayers { get; init; }

    /// <summary>Length of the descriptor in bytes.</summary>
    public int Length { get; init; }

    /// <summary>True for the first packet of a picture without references, at which a receiver can start.</summary>
    public bool StartsKeyFrame => StartsFrame && !IsInterPicturePredicted && SpatialLayer == 0;

    public static bool TryParse(ReadOnlySpan<byte> payload, out Vp9Descriptor descriptor)
    {
        descriptor = default;
        if (payload.IsEmpty)
        {
            return false;
        }

        var first = payload[0];
        var position = 1;
        ushort pictureId = 0;
        if ((first & 0x80) != 0 && !Codecs.PictureId.TryRead(payload, ref position, out pictureId, out _))
        {
            return false;
        }

        var isFlexible = (first & 0x10) != 0;
        byte layers = 0, tl0 = 0;
        if ((first & 0x20) != 0)
        {
            var length = isFlexible ? 1 : 2; // TL0PICIDX is present only in non-flexible mode
            if (position + length > payload.Length)
            {
                return false;
            }

            layers = payload[position];
            tl0 = isFlexible ? (byte)0 : payload[position + 1];
            position += length;
        }

        var predicted = (first & 0x40) != 0;
        if (isFlexible && predicted && !TrySkipReferences(payload, ref position))
        {
            return false;
        }

        byte announced = 0;
        if ((first & 0x02) != 0 && !TryReadStructure(payload, ref position, out announced))
        {
            return false;
        }

        descriptor = new Vp9Descriptor
        {
            PictureId = pictureId,
            IsInterPicturePredicted = predicted,
            TemporalLayer = (byte)(layers >> 5),
            IsSwitchingUpPoint = (layers & 0x10) != 0,
            SpatialLayer = (byte)((layers >> 1) & 0x07),
            IsInterLayerDependent = (layers & 0x01) != 0,
            Tl0PictureIndex = tl0,
            IsFlexible = isFlexible,
            StartsFrame = (first & 0x08) != 0,
            AnnouncedSpatialLayers = announced,
            Length = position,
        };
        return true;
    }

    private static bool TrySkipReferences(ReadOnlySpan<byte> payload, ref int position)
    {
        for (var i = 0; i < MaximumReferences; i++)
        {
            if (position >= payload.Length)
            {
                return false;
            }

            if ((payload[position++] & 0x01) == 0)
            {
                return true; // N bit: no further references
            }
        }

        return false; // §4.2: at most three references
    }

    /// <summary>§4.2.1: N_S, then sizes (Y) and a picture group (G).</summary>
    private static bool TryReadStructure(ReadOnlySpan<byte> payload, ref int position, out byte spatialLayers)
    {
        spatialLayers = 0;
        if (position >= payload.Length)
        {
            return false;
        }

        var flags = payload[position++];
        spatialLayers = (byte)((flags >> 5) + 1);
        if ((flags & 0x10) != 0)
        {
            position += spatialLayers * 4;
        }

        if ((flags & 0x08) != 0)
        {
            if (position >= payload.Length)
            {
                return false;
            }

            var pictures = payload[position++];
            for (var i = 0; i < pictures; i++)
            {
                if (position >= payload.Length)
                {
                    return false;
                }

                position += 1 + ((payload[position] >> 2) & 0x03);
            }
        }

        return position <= payload.Length;
    }
}
