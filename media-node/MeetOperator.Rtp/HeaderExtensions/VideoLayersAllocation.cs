using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace MeetOperator.Rtp.HeaderExtensions;

/// <summary>
/// Which layers a publisher sends and in which size (the extension <c>video-layers-allocation00</c> of WebRTC). It is in the clear when the payload is encrypted end to end.
/// Bit rates are skipped.
/// </summary>
public readonly struct VideoLayersAllocation
{
    /// <summary>Maximum number of RTP streams, and of spatial layers of each.</summary>
    public const int MaxStreams = 4;
    private readonly Streams _streams;

    private VideoLayersAllocation(int streamIndex, in Streams streams) => (StreamIndex, _streams) = (streamIndex, streams);

    /// <summary>The index of the RTP stream that the extension was sent on. Indexes have the order in which the publisher lists its encodings.</summary>
    public int StreamIndex { get; }

    /// <summary>Whether the publisher sends a stream. False for an index that it does not have.</summary>
    public bool IsActive(int stream) => stream is >= 0 and < MaxStreams && _streams[stream].IsActive;

    /// <summary>The size of the largest spatial layer of a stream in pixels; 0 when the extension does not tell it.</summary>
    public (int Width, int Height) SizeOf(int stream) => IsActive(stream) ? (_streams[stream].Width, _streams[stream].Height) : default;

    public static bool TryParse(ReadOnlySpan<byte> value, out VideoLayersAllocation allocation)
    {
        allocation = default;
        if (value.IsEmpty)
        {
            return false;
        }

        var first = value[0];
        if (first == 0 && value.Length == 1)
        {
            return true; // nothing is sent
        }

        var count = ((first >> 4) & 0x03) + 1;
        Span<byte> masks = stackalloc byte[MaxStreams];
        var position = 1;
        if ((first & 0x0F) != 0)
        {
            masks[..count].Fill((byte)(first & 0x0F));
        }
        else
        {
            var length = count <= 2 ? 1 : 2;
            if (value.Length < position + length)
            {
                return false;
            }

            for (var i = 0; i < count; i++)
            {
                masks[i] = (byte)((value[position + (i / 2)] >> (i % 2 == 0 ? 4 : 0)) & 0x0F);
            }

            position += length;
        }

        if (!TrySkipRates(value, masks, ref position, out var layers))
        {
            return false;
        }

        var streams = default(Streams);
        var hasSizes = value.Length - position >= layers * 5;
        for (var i = 0; i < count; i++)
        {
            streams[i].IsActive = masks[i] != 0;
            for (var left = BitOperations.PopCount(masks[i]); left > 0 && hasSizes; left--, position += 5)
            {
                // In ascending order, so the last one is the largest.
                streams[i].Width = BinaryPrimitives.ReadUInt16BigEndian(value[position..]) + 1;
                streams[i].Height = BinaryPrimitives.ReadUInt16BigEndian(value[(position + 2)..]) + 1;
            }
        }

        allocation = new VideoLayersAllocation(first >> 6, streams);
        return true;
    }

    /// <summary>Skips the number of temporal layers of each spatial layer (2 bits each), and a leb128 value for each of them.</summary>
    private static bool TrySkipRates(ReadOnlySpan<byte> value, ReadOnlySpan<byte> masks, ref int position, out int layers)
    {
        layers = 0;
        foreach (var mask in masks)
        {
            layers += BitOperations.PopCount(mask);
        }

        var counts = position;
        position += (layers + 3) / 4;
        if (position > value.Length)
        {
            return false;
        }

        var rates = 0;
        for (var i = 0; i < layers; i++)
        {
            rates += ((value[counts + (i / 4)] >> (6 - (i % 4 * 2))) & 0x03) + 1;
        }

        for (; rates > 0; rates--)
        {
            do
            {
                if (position >= value.Length)
                {
                    return false;
                }
            }
            while ((value[position++] & 0x80) != 0);
        }

        return true;
    }

    private struct Stream
    {
        public bool IsActive;
        public int Width;
        public int Height;
    }

    [InlineArray(MaxStreams)]
    private struct Streams
    {
        private Stream _first;
    }
}
