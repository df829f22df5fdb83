using System.Buffers.Binary;

namespace MeetOperator.Rtp.Codecs;

/// <summary>
/// The numbers in the payload descriptor of a VP8 or VP9 packet that a receiver expects to be continuous: the picture ID and, with temporal layers, TL0PICIDX
/// (RFC 7741 §4.2, RFC 9628 §4.2). Other codecs have none.
/// </summary>
public readonly struct PictureNumbers
{
    /// <summary>Offset of the picture ID in the payload; 0 without a picture ID.</summary>
    public byte PictureIdOffset { get; private init; }

    /// <summary>Whether the picture ID has 15 bits instead of 7.</summary>
    public bool IsLongPictureId { get; private init; }

    public ushort PictureId { get; private init; }

    /// <summary>
    /// Whether a receiver takes a gap in the picture IDs for a loss, as with VP8. VP9 refers to pictures by the difference of their IDs, so these must not be closed up.
    /// </summary>
    public bool CountsPictures { get; private init; }

    /// <summary>Offset of TL0PICIDX in the payload; 0 without it.</summary>
    public byte Tl0Offset { get; private init; }

    public byte Tl0PictureIndex { get; private init; }

    public bool IsEmpty => PictureIdOffset == 0 && Tl0Offset == 0;

    /// <summary>Reads the numbers; none from a payload that is too short.</summary>
    public static PictureNumbers Read(VideoCodec codec, ReadOnlySpan<byte> payload)
    {
        bool hasPictureId, hasTl0;
        int position;
        if (codec == VideoCodec.Vp8 && payload.Length >= 2 && (payload[0] & 0x80) != 0)
        {
            (hasPictureId, hasTl0, position) = ((payload[1] & 0x80) != 0, (payload[1] & 0x40) != 0, 2);
        }
        else if (codec == VideoCodec.Vp9 && payload.Length >= 1)
        {
            var isFlexible = (payload[0] & 0x10) != 0;
            (hasPictureId, hasTl0, position) = ((payload[0] & 0x80) != 0, (payload[0] & 0x20) != 0 && !isFlexible, 1);
        }
        else
        {
            return default;
        }

        ushort pictureId = 0;
        var isLong = false;
        var pictureIdOffset = hasPictureId ? position : 0;
        if (hasPictureId && !Codecs.PictureId.TryRead(payload, ref position, out pictureId, out isLong))
        {
            return default;
        }

        position += codec == VideoCodec.Vp9 ? 1 : 0; // the layer indices precede TL0PICIDX in VP9 and follow it in VP8
        if (hasTl0 && position >= payload.Length)
        {
            return default;
        }

        return new PictureNumbers
        {
            PictureIdOffset = (byte)pictureIdOffset,
            IsLongPictureId = isLong,
            PictureId = pictureId,
            CountsPictures = codec == VideoCodec.Vp8 && isLong,
            Tl0Offset = (byte)(hasTl0 ? position : 0),
            Tl0PictureIndex = hasTl0 ? payload[position] : (byte)0,
        };
    }

    /// <summary>Writes other numbers into a copy of the payload. Fields that the payload does not have are skipped; bits that do not fit are dropped.</summary>
    public void Write(Span<byte> payload, ushort pictureId, byte tl0PictureIndex)
    {
        if (PictureIdOffset > 0 && IsLongPictureId)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload[PictureIdOffset..], (ushort)(0x8000 | pictureId));
        }
        else if (PictureIdOffset > 0)
        {
            payload[PictureIdOffset] = (byte)(pictureId & 0x7F);
        }

        if (Tl0Offset > 0)
        {
            payload[Tl0Offset] = tl0PictureIndex;
        }
    }
}
