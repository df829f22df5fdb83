using System.Buffers.Binary;

namespace MeetOperator.Rtp.Codecs;

/// <summary>
/// Keeps picture ids and TL0PICIDX of one receiver's VP8 stream without gaps while it is switched between sources and frames
/// are left out: a decoder takes a gap for a loss.
/// </summary>
public struct Vp8Rewriter
{
    private bool started;
    private ushort pictureIdOffset;
    private byte tl0Offset;
    private ushort highestPictureId;
    private byte highestTl0;

    /// <summary>Call with the first packet of another source, a key frame: its numbers continue those sent last.</summary>
    public void Switch(in Vp8Descriptor descriptor)
    {
        if (started)
        {
            pictureIdOffset = (ushort)(highestPictureId + 1 - descriptor.PictureId);
            tl0Offset = (byte)(highestTl0 + 1 - descriptor.Tl0PictureIndex);
        }
    }

    /// <summary>Call once for a frame that is left out on purpose, with its first packet.</summary>
    public void Drop(in Vp8Descriptor descriptor)
    {
        if (started && descriptor.StartsFrame)
        {
            pictureIdOffset--;
        }
    }

    /// <summary>Writes the receiver's numbers over those of the payload.</summary>
    public void Apply(Span<byte> payload, in Vp8Descriptor descriptor)
    {
        if (descriptor.HasPictureId)
        {
            var pictureId = (ushort)(descriptor.PictureId + pictureIdOffset);
            if (descriptor.IsLongPictureId)
            {
                pictureId &= Codecs.PictureId.LongMask;
                BinaryPrimitives.WriteUInt16BigEndian(payload[descriptor.PictureIdOffset..], (ushort)(0x8000 | pictureId));
            }
            else
            {
                pictureId &= Codecs.PictureId.ShortMask;
                payload[descriptor.PictureIdOffset] = (byte)pictureId;
            }

            // Packets may come out of order: ahead is less than half way round.
            var mask = descriptor.IsLongPictureId ? Codecs.PictureId.LongMask : Codecs.PictureId.ShortMask;
            if (!started || ((pictureId - highestPictureId) & mask) <= mask / 2)
            {
                highestPictureId = pictureId;
            }
        }

        if (descriptor.HasTl0PictureIndex)
        {
            var tl0 = (byte)(descriptor.Tl0PictureIndex + tl0Offset);
            payload[descriptor.Tl0PictureIndexOffset] = tl0;
            if (!started || (sbyte)(tl0 - highestTl0) > 0)
            {
                highestTl0 = tl0;
            }
        }

        started = true;
    }
}
