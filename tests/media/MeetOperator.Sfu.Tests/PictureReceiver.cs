using System.Buffers.Binary;
using MeetOperator.Rtp.Codecs;
using MeetOperator.Rtp.Packets;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.Sfu.Tests;

/// <summary>
/// The part of a browser that receives one VP8 stream: it requests missing packets again, at most ten times, shows each picture as soon as it can be decoded, and counts the time in which the
/// picture stands still as Chromium does.
/// </summary>
internal sealed class PictureReceiver(NarrowLine line, uint ssrc, uint rtxSsrc)
{
    private const int MaxRequests = 10;
    private const long TimeoutTicks = 3 * TimeSpan.TicksPerSecond;
    private const int AveragedIntervals = 30;
    private const int MinIntervals = 5;
    private const long MinFreezeTicks = 150 * Call.Millisecond;
    private readonly SortedDictionary<long, (long NextTicks, int Requests)> _missing = [];
    private readonly SortedDictionary<uint, Picture> _pictures = [];
    private readonly Queue<long> _intervals = new();
    private ExtendedSequenceNumber _sequence;
    private long _highest = -1;
    private long _lastRequestTicks;
    private byte _base;
    private long _shown = -1; // RTP timestamp
    private long _shownTicks;

    /// <summary>When the picture stood still, and for how long.</summary>
    public List<(long FromTicks, long Ticks)> Freezes { get; } = [];

    /// <summary>When each picture was shown, and its size.</summary>
    public List<(long Ticks, int Bytes)> Shown { get; } = [];

    public int PictureLosses { get; private set; }

    public void OnPacket(long ticks, byte[] packet)
    {
        var header = RecordingEgress.Header(packet);
        var payload = packet.AsSpan(header.Length);
        if (header.Ssrc == ssrc)
        {
            OnMedia(ticks, header.SequenceNumber, header, header.HasPadding ? [] : payload);
        }
        else if (header.Ssrc == rtxSsrc && !header.HasPadding && payload.Length > 2)
        {
            OnMedia(ticks, BinaryPrimitives.ReadUInt16BigEndian(payload), header, payload[2..]);
        }
    }

    public void AdvanceTo(long now)
    {
        var due = _missing.Where(m => m.Value.NextTicks <= now).Select(m => m.Key).Take(200).ToList();
        foreach (var number in due)
        {
            var requests = _missing[number].Requests + 1;
            _missing[number] = (now + (100 * Call.Millisecond), requests);
            if (requests > MaxRequests)
            {
                _missing.Remove(number);
            }
            else
            {
                line.Report(Call.Rtcp((ref RtcpWriter writer) => writer.AddNack(9, ssrc, [(ushort)number])));
            }
        }

        if (_shownTicks > 0 && now - Math.Max(_shownTicks, _lastRequestTicks) > TimeoutTicks)
        {
            _lastRequestTicks = now;
            PictureLosses++;
            line.Report(Call.Rtcp((ref RtcpWriter writer) => writer.AddPictureLoss(9, ssrc)));
        }
    }

    /// <summary>The time in which the picture stood still, of pauses that ended after a time.</summary>
    public long FrozenSince(long from) => Freezes.Where(f => f.FromTicks + f.Ticks > from).Sum(f => f.Ticks);

    /// <summary>The rate in bits per second of the pictures that were shown between two times.</summary>
    public double RateOf(long from, long to) => Shown.Where(s => s.Ticks >= from && s.Ticks < to).Sum(s => s.Bytes * 8.0) * TimeSpan.TicksPerSecond / (to - from);

    private void OnMedia(long ticks, ushort number, in RtpHeader header, ReadOnlySpan<byte> payload)
    {
        var sequence = _sequence.Unwrap(number);
        _missing.Remove(sequence);
        for (var missing = _highest + 1; _highest >= 0 && missing < sequence; missing++)
        {
            _missing[missing] = (ticks, 0);
        }

        _highest = Math.Max(_highest, sequence);
        if (payload.IsEmpty || header.Timestamp <= _shown || !Vp8Descriptor.TryParse(payload, out var vp8))
        {
            return;
        }

        if (!_pictures.TryGetValue(header.Timestamp, out var picture))
        {
            _pictures[header.Timestamp] = picture = new Picture();
        }

        picture.Add(sequence, vp8, isFirst: (payload[0] & 0x10) != 0, header.Marker, payload.Length);
        Show(ticks);
    }

    private void Show(long ticks)
    {
        while (_pictures.FirstOrDefault(p => p.Value.IsWhole && CanDecode(p.Value)) is { Value: { } picture } next)
        {
            foreach (var older in _pictures.Keys.Where(timestamp => timestamp <= next.Key).ToList())
            {
                _pictures.Remove(older);
            }

            foreach (var number in _missing.Keys.Where(number => number <= picture.Last).ToList())
            {
                _missing.Remove(number);
            }

            (_shown, _base) = (next.Key, picture.Base);
            Count(ticks);
            Shown.Add((ticks, picture.Bytes));
        }
    }

    private bool CanDecode(Picture picture) => picture.IsKey || (_shown >= 0 && (picture.Temporal == 0 ? picture.Base == (byte)(_base + 1) : picture.Base == _base));

    /// <summary>Chromium counts an interval as a freeze that is three times as long as the mean of the last 30, and 150 ms longer.</summary>
    private void Count(long ticks)
    {
        if (_shownTicks > 0)
        {
            var interval = ticks - _shownTicks;
            _intervals.Enqueue(interval);
            if (_intervals.Count > AveragedIntervals)
            {
                _intervals.Dequeue();
            }

            var mean = _intervals.Average();
            if (_intervals.Count >= MinIntervals && interval >= Math.Max(3 * mean, mean + MinFreezeTicks))
            {
                Freezes.Add((_shownTicks, interval));
            }
        }

        _shownTicks = ticks;
    }

    private sealed class Picture
    {
        private readonly HashSet<long> _numbers = [];
        private long _first = -1;

        public long Last { get; private set; } = -1;

        public int Temporal { get; private set; }

        public byte Base { get; private set; }

        public bool IsKey { get; private set; }

        public int Bytes { get; private set; }

        public bool IsWhole => _first >= 0 && Last >= 0 && _numbers.Count == Last - _first + 1;

        public void Add(long sequence, in Vp8Descriptor vp8, bool isFirst, bool isLast, int bytes)
        {
            if (!_numbers.Add(sequence))
            {
                return;
            }

            (Temporal, Base, Bytes) = (vp8.TemporalLayer, vp8.Tl0PictureIndex, Bytes + bytes);
            _first = isFirst ? sequence : _first;
            Last = isLast ? sequence : Last;
            IsKey |= vp8.StartsKeyFrame;
        }
    }
}
