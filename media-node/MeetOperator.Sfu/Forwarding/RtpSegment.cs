using System.Numerics;
using MeetOperator.Rtp.Codecs;

namespace MeetOperator.Sfu.Forwarding;

/// <summary>
/// A part of a stream that comes from one layer without an interruption. The numbers of packets and pictures that are left out on purpose are closed up. Those of packets
/// that have not arrived stay free, because the packets may still arrive.
/// </summary>
internal struct RtpSegment
{
    /// <summary>Length of the history of pictures.</summary>
    private const int Pictures = 64;
    private const int PictureIdMask = 0x7FFF;

    /// <summary>Packets that are older than the newest one by more than this are not sent.</summary>
    private const int MaxLatePackets = 4096;
    private long _highestIn;
    private long _dropped;
    private ushort _highestPicture;
    private ushort _droppedPictures;

    /// <summary>Which of the last pictures were left out; bit 0 is the newest picture.</summary>
    private ulong _recentPictures;

    public RtpSegment(byte layer, in SourceNumbers first, long firstOut, in NumberOffsets offsets)
    {
        (Layer, FirstIn, FirstOut, Offsets) = (layer, first.Sequence, firstOut, offsets);
        (_highestIn, _highestPicture) = (first.Sequence - 1, first.Picture.PictureId);
    }

    public byte Layer { get; }

    /// <summary>The first packet, as the layer numbers it.</summary>
    public long FirstIn { get; }

    /// <summary>The first packet, as the stream numbers it; 0 for a segment that does not exist.</summary>
    public long FirstOut { get; }

    /// <summary>The offsets, before pictures were left out.</summary>
    public NumberOffsets Offsets { get; }

    /// <summary>The newest packet, as the layer numbers it.</summary>
    public readonly long HighestIn => _highestIn;

    /// <summary>Whether the layer has restarted its numbering, so that the packets cannot be found any more.</summary>
    public bool IsForgotten { get; set; }

    /// <summary>Maps a packet that is sent. False for one that is too old, or was left out.</summary>
    public bool TryMap(in SourceNumbers source, PacketBits dropped, PacketBits marked, out long mapped)
    {
        if (!TryNumber(source.Sequence, dropped, marked, out mapped))
        {
            return false;
        }

        if (source.Picture.CountsPictures)
        {
            AdvancePicture(source.Picture.PictureId);
        }

        return true;
    }

    /// <summary>Closes up the number of a packet that is left out. Returns true when that is not possible, because a later packet was sent already, with the number that stays free.</summary>
    public bool TryDrop(in SourceNumbers source, PacketBits dropped, PacketBits marked, out long mapped)
    {
        var isLate = source.Sequence <= _highestIn;
        if (!TryNumber(source.Sequence, dropped, marked, out mapped))
        {
            return false;
        }

        if (isLate)
        {
            return true;
        }

        dropped.Set(source.Sequence);
        _dropped++;
        if (source.Picture.CountsPictures && AdvancePicture(source.Picture.PictureId))
        {
            _recentPictures |= 1;
            _droppedPictures++;
        }

        return false;
    }

    /// <summary>Finds the packet that has a number of the stream.</summary>
    public readonly bool TryFind(long mapped, PacketBits dropped, out long source)
    {
        source = FirstIn + (mapped - FirstOut);
        return _dropped == 0 || dropped.TryFindUnset(_highestIn, FirstOut + (_highestIn - FirstIn) - _dropped - mapped, out source);
    }

    /// <summary>The offsets for a packet, with the pictures that were left out before it.</summary>
    public readonly NumberOffsets OffsetsOf(in PictureNumbers picture)
    {
        if (!picture.CountsPictures || _droppedPictures == 0)
        {
            return Offsets;
        }

        var age = -DistanceOf(picture.PictureId);
        var newer = age <= 0 ? 0 : BitOperations.PopCount(age < Pictures ? _recentPictures & ((1UL << age) - 1) : _recentPictures);
        return Offsets with { PictureId = (ushort)(Offsets.PictureId - _droppedPictures + newer) };
    }

    /// <summary>The number of a packet if it is sent, or if it is the next one to be left out.</summary>
    private bool TryNumber(long sequence, PacketBits dropped, PacketBits marked, out long mapped)
    {
        mapped = 0;
        if (sequence < FirstIn || _highestIn - sequence > MaxLatePackets)
        {
            return false;
        }

        var newer = 0;
        if (sequence > _highestIn)
        {
            dropped.ClearAfter(_highestIn, sequence);
            marked.ClearAfter(_highestIn, sequence);
            _highestIn = sequence;
        }
        else if (_dropped > 0)
        {
            if (_highestIn - sequence >= PacketBits.Packets || dropped[sequence])
            {
                return false;
            }

            newer = dropped.CountAfter(sequence, _highestIn);
        }

        mapped = FirstOut + (sequence - FirstIn) - _dropped + newer;
        return true;
    }

    /// <summary>Returns true for a picture that is newer than all others.</summary>
    private bool AdvancePicture(ushort id)
    {
        var distance = DistanceOf(id);
        if (distance <= 0)
        {
            return false;
        }

        _recentPictures = distance < Pictures ? _recentPictures << distance : 0;
        _highestPicture = id;
        return true;
    }

    /// <summary>From the newest picture to another one; IDs have 15 bits and wrap around.</summary>
    private readonly int DistanceOf(ushort id) => (((id - _highestPicture) & PictureIdMask) ^ 0x4000) - 0x4000;
}
