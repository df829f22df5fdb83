using System.Buffers.Binary;

namespace MeetOperator.Rtp.Codecs;

/// <summary>
/// Keeps the picture IDs and TL0PICIDX of one receiver's VP8 stream free of gaps when the source changes or frames are dropped.
/// A decoder treats a gap as loss.
/// </summary>
public struct Vp8Rewriter
{
    private bool _started;
    private ushort _pictureIdOffset;
    private byte _tl0Offset;
    private ushort _highestPictureId;
    private byte _highestTl0;

    /// <summary>Call with the first packet of a new source, which starts a key frame. Its numbers continue the last numbers sent.</summary>
    public void Switch(in Vp8Descriptor descriptor)
    {
        if (_started)
        {
            _pictureIdOffset = (ushort)(_highestPictureId + 1 - descriptor.PictureId);
            _tl0Offset = (byte)(_highestTl0 + 1 - descriptor.Tl0PictureIndex);
        }
    }

    /// <summary>Call once for each frame that is dropped on purpose, with its first packet.</summary>
    public void Drop(in Vp8Descriptor descriptor)
    {
        if (_started && descriptor.StartsFrame)
        {
            _pictureIdOffset--;
        }
    }

    /// <summary>Overwrites the numbers in the payload with the receiver's numbers.</summary>
    public void Apply(Span<byte> payload, in Vp8Descriptor descriptor)
    {
        if (descriptor.HasPictureId)
        {
            var pictureId = (ushort)(descriptor.PictureId + _pictureIdOffset);
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
            if (!_started || ((pictureId - _highestPictureId) & mask) <= mask / 2)
            {
                _highestPictureId = pictureId;
            }
        }

        if (descriptor.HasTl0PictureIndex)
        {
            var tl0 = (byte)(descriptor.Tl0PictureIndex + _tl0Offset);
            payload[descriptor.Tl0PictureIndexOffset] = tl0;
            if (!_started || (sbyte)(tl0 - _highestTl0) > 0)
            {
                _highestTl0 = tl0;
            }
        }

        _started = true;
    }
}
