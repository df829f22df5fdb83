using System.Buffers.Binary;
using MeetOperator.Rtp.Rtcp;

namespace MeetOperator.Rtp.Congestion;

/// <summary>Builds one transport-wide feedback packet: the status symbols, then the receive deltas of the packets that arrived.</summary>
internal ref struct TransportFeedbackBuilder
{
    /// <summary>Maximum number of packets in one feedback, enough for 50 ms at 20,000 packets per second.</summary>
    internal const int MaximumPackets = 1000;

    internal const byte SymbolNotReceived = 0;
    internal const byte SymbolSmallDelta = 1;
    internal const byte SymbolLargeDelta = 2;
    internal const long ReferenceUnitTicks = 64 * TimeSpan.TicksPerMillisecond;
    internal const long DeltaUnitTicks = 250 * TimeSpan.TicksPerMicrosecond;
    internal const int HeaderLength = 20;

    private readonly Span<byte> _destination;
    private readonly ushort _baseSequenceNumber;
    private readonly long _referenceTicks;
    private SymbolBuffer _symbols;
    private DeltaBuffer _deltas;
    private long _lastUnits; // 250 µs units since the reference time
    private int _count;
    private int _deltaBytes;

    internal TransportFeedbackBuilder(Span<byte> destination, ushort baseSequenceNumber, long firstArrivalTicks)
    {
        _destination = destination;
        _baseSequenceNumber = baseSequenceNumber;
        _referenceTicks = firstArrivalTicks / ReferenceUnitTicks * ReferenceUnitTicks;
    }

    /// <summary>Adds the next packet, or its loss (null). False when it must go in the next feedback.</summary>
    internal bool TryAdd(long? arrivalTicks)
    {
        byte symbol = SymbolNotReceived;
        var delta = 0L;
        var units = _lastUnits;
        if (arrivalTicks is { } arrival)
        {
            // A reordered packet may precede the reference time, so negative values round down too.
            units = (arrival - _referenceTicks) >= 0
                ? (arrival - _referenceTicks) / DeltaUnitTicks
                : ((arrival - _referenceTicks + 1) / DeltaUnitTicks) - 1;
            delta = units - _lastUnits;
            if (delta is < short.MinValue or > short.MaxValue)
            {
                return false;
            }

            symbol = delta is >= 0 and <= 255 ? SymbolSmallDelta : SymbolLargeDelta;
        }

        // A two-byte chunk holds at least seven symbols, so this is an upper bound.
        var worst = HeaderLength + (((_count + 1 + 6) / 7) * 2) + _deltaBytes + symbol + 3;
        if (_count == MaximumPackets || worst > _destination.Length)
        {
            return false;
        }

        _symbols[_count++] = symbol;
        if (symbol == SymbolSmallDelta)
        {
            _deltas[_deltaBytes++] = (byte)delta;
        }
        else if (symbol == SymbolLargeDelta)
        {
            _deltas[_deltaBytes++] = (byte)(delta >> 8);
            _deltas[_deltaBytes++] = (byte)delta;
        }

        _lastUnits = units;
        return true;
    }

    /// <summary>Writes the packet and returns its length in bytes.</summary>
    internal int Finish(uint senderSsrc, uint mediaSsrc, byte feedbackCount)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_destination[4..], senderSsrc);
        BinaryPrimitives.WriteUInt32BigEndian(_destination[8..], mediaSsrc);
        BinaryPrimitives.WriteUInt16BigEndian(_destination[12..], _baseSequenceNumber);
        BinaryPrimitives.WriteUInt16BigEndian(_destination[14..], (ushort)_count);
        var reference = (uint)(_referenceTicks / ReferenceUnitTicks) & 0xFF_FFFF;
        BinaryPrimitives.WriteUInt32BigEndian(_destination[16..], (reference << 8) | feedbackCount);

        var position = HeaderLength + WriteChunks(_destination[HeaderLength..]);
        ReadOnlySpan<byte> allDeltas = _deltas;
        allDeltas[.._deltaBytes].CopyTo(_destination[position..]);
        position += _deltaBytes;

        var padding = (4 - (position & 3)) & 3;
        _destination.Slice(position, padding).Clear();
        position += padding;
        if (padding > 0)
        {
            _destination[position - 1] = (byte)padding;
        }

        _destination[0] = (byte)(0x80 | (padding > 0 ? 0x20 : 0) | RtcpFeedbackFormat.TransportWideCongestion);
        _destination[1] = (byte)RtcpPacketType.TransportFeedback;
        BinaryPrimitives.WriteUInt16BigEndian(_destination[2..], (ushort)((position / 4) - 1));
        return position;
    }

    private readonly int WriteChunks(Span<byte> chunks)
    {
        ReadOnlySpan<byte> all = _symbols;
        all = all[.._count];
        var written = 0;
        while (!all.IsEmpty)
        {
            var run = all.IndexOfAnyExcept(all[0]);
            run = run < 0 ? all.Length : run;
            int chunk;
            int taken;
            if (run >= 14 || run == all.Length)
            {
                // §3.1.3: 0 | symbol (2) | run length (13)
                chunk = (all[0] << 13) | run;
                taken = run;
            }
            else if (all[..Math.Min(14, all.Length)].IndexOf(SymbolLargeDelta) < 0)
            {
                // §3.1.4: 1 | 0 | 14 symbols of one bit
                taken = Math.Min(14, all.Length);
                chunk = 0x8000;
                for (var i = 0; i < taken; i++)
                {
                    chunk |= all[i] << (13 - i);
                }
            }
            else
            {
                // §3.1.4: 1 | 1 | 7 symbols of two bits
                taken = Math.Min(7, all.Length);
                chunk = 0xC000;
                for (var i = 0; i < taken; i++)
                {
                    chunk |= all[i] << (12 - (2 * i));
                }
            }

            BinaryPrimitives.WriteUInt16BigEndian(chunks[written..], (ushort)chunk);
            written += 2;
            all = all[taken..];
        }

        return written;
    }

    [System.Runtime.CompilerServices.InlineArray(MaximumPackets)]
    private struct SymbolBuffer
    {
        private byte _first;
    }

    [System.Runtime.CompilerServices.InlineArray(MaximumPackets * 2)]
    private struct DeltaBuffer
    {
        private byte _first;
    }
}
