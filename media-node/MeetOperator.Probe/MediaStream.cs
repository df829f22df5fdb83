using System.Buffers.Binary;
using MeetOperator.Rtp.Packets;

namespace MeetOperator.Probe;

/// <summary>
/// One generated track: schedules and writes its packets and records which ones arrive. Each payload contains the packet number and the send time, which the media
/// node forwards unchanged.
/// </summary>
internal sealed class MediaStream(string name, uint ssrc, byte payloadType, int clockRate, TimeSpan interval, byte[] head, int payloadBytes)
{
    private const int StampBytes = 12;
    private readonly HashSet<uint> _received = [];
    private readonly List<double> _delays = [];
    private long _nextTicks;
    private uint? _first;

    public string Name => name;

    public uint Ssrc => ssrc;

    /// <summary>Packets sent since the first one that arrived, inclusive.</summary>
    public int Sent => _first is { } first ? (int)(Number - first) : 0;

    public int Received => _received.Count;

    /// <summary>The number of the next packet.</summary>
    public uint Number { get; private set; }

    /// <summary>The first bytes of each payload. For video they tell whether the packet starts a key frame.</summary>
    public Span<byte> Head => head;

    /// <summary>The delay percentile in milliseconds; <paramref name="share"/> is 0 to 1. NaN when no packet arrived.</summary>
    public double DelayMs(double share)
    {
        _delays.Sort();
        return _delays.Count == 0 ? double.NaN : _delays[(int)Math.Min(_delays.Count - 1, share * _delays.Count)];
    }

    /// <summary>Writes the next packet when it is due. Returns false when none is due.</summary>
    public bool TryNext(long nowTicks, Span<byte> header, Span<byte> payload, out int length)
    {
        length = 0;
        if (nowTicks < _nextTicks)
        {
            return false;
        }

        _nextTicks = Math.Max(_nextTicks + interval.Ticks, nowTicks - interval.Ticks);
        new RtpHeader
        {
            Ssrc = ssrc,
            PayloadType = payloadType,
            SequenceNumber = (ushort)(Number + 1),
            Timestamp = (uint)(Number * (ulong)(interval.Ticks * clockRate / TimeSpan.TicksPerSecond)),
            Marker = true,
        }.WriteFixed(header, withExtension: false);
        head.CopyTo(payload);
        BinaryPrimitives.WriteUInt32BigEndian(payload[head.Length..], Number);
        BinaryPrimitives.WriteInt64BigEndian(payload[(head.Length + 4)..], nowTicks);
        length = Math.Max(payloadBytes, head.Length + StampBytes);
        payload[(head.Length + StampBytes)..length].Clear();
        Number++;
        return true;
    }

    public void RecordReceived(long nowTicks, ReadOnlySpan<byte> payload)
    {
        if (payload.Length < head.Length + StampBytes)
        {
            return;
        }

        var number = BinaryPrimitives.ReadUInt32BigEndian(payload[head.Length..]);
        _first ??= number;
        if (number >= _first && _received.Add(number))
        {
            _delays.Add((nowTicks - BinaryPrimitives.ReadInt64BigEndian(payload[(head.Length + 4)..])) / (double)TimeSpan.TicksPerMillisecond);
        }
    }
}
