using System.Buffers.Binary;

namespace MeetOperator.Rtp.Codecs;

/// <summary>
/// Keeps the picture IDs and TL0PICIDX of one receiver's VP8 stream free of gaps when the source changes or frames are dropped.
/// A decoder treats a gap as loss.
/// </summary>
public struct Vp8Rewriter
{
    private bool started;
    private ushort pictureIdOffset;
    private byte tl0Offset;
    private ushort highestPictureId;
    private byte highestTl0;

    /// <summary>Call with the first packet of a new source, which starts a key frame. Its numbers continue the last numbers sent.</summary>
    public void Switch(in Vp8Descriptor descriptor)
    {
        if (started)
        {
            pictureIdOffset = (ushort)(highestPictureId + 1 - descriptor.PictureId);
            tl0Offset = (byte)(highestTl0 + 1 - descriptor.Tl0PictureIndex);
        }
    }

    /// <summary>Call once for each frame that is dropped on purpose, with its first packet.</summary>
    public void Drop(in Vp8Descriptor descriptor)
    {
        if (started && descriptor.StartsFrame)
        {
            pictureIdOffset--;
        }
    }

    /// <summary>Overwrites the numbers in the payload with the receiver's numbers.</summary>
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

            // Packets may arrive out of order. A number is newer when it is ahead by at most half of the range.
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
