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

    private readonly Span<byte> destination;
    private readonly ushort baseSequenceNumber;
    private readonly long referenceTicks;
    private SymbolBuffer symbols;
    private DeltaBuffer deltas;
    private long lastUnits; // 250 µs units since the reference time
    private int count;
    private int deltaBytes;

    internal TransportFeedbackBuilder(Span<byte> destination, ushort baseSequenceNumber, long firstArrivalTicks)
    {
        this.destination = destination;
        this.baseSequenceNumber = baseSequenceNumber;
        referenceTicks = firstArrivalTicks / ReferenceUnitTicks * ReferenceUnitTicks;
    }

    /// <summary>Adds the next packet, or its loss (null). False when it must go in the next feedback.</summary>
    internal bool TryAdd(long? arrivalTicks)
    {
        byte symbol = SymbolNotReceived;
        var delta = 0L;
        var units = lastUnits;
        if (arrivalTicks is { } arrival)
        {
            // A reordered packet may precede the reference time, so negative values round down too.
            units = (arrival - referenceTicks) >= 0
                ? (arrival - referenceTicks) / DeltaUnitTicks
                : ((arrival - referenceTicks + 1) / DeltaUnitTicks) - 1;
            delta = units - lastUnits;
            if (delta is < short.MinValue or > short.MaxValue)
            {
                return false;
            }

            symbol = delta is >= 0 and <= 255 ? SymbolSmallDelta : SymbolLargeDelta;
        }

        // A two-byte chunk holds at least seven symbols, so this is an upper bound.
        var worst = HeaderLength + (((count + 1 + 6) / 7) * 2) + deltaBytes + symbol + 3;
        if (count == MaximumPackets || worst > destination.Length)
        {
            return false;
        }

        symbols[count++] = symbol;
        if (symbol == SymbolSmallDelta)
        {
            deltas[deltaBytes++] = (byte)delta;
        }
        else if (symbol == SymbolLargeDelta)
        {
            deltas[deltaBytes++] = (byte)(delta >> 8);
            deltas[deltaBytes++] = (byte)delta;
        }

        lastUnits = units;
        return true;
    }

    /// <summary>Writes the packet and returns its length in bytes.</summary>
    internal int Finish(uint senderSsrc, uint mediaSsrc, byte feedbackCount)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], senderSsrc);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], mediaSsrc);
        BinaryPrimitives.WriteUInt16BigEndian(destination[12..], baseSequenceNumber);
        BinaryPrimitives.WriteUInt16BigEndian(destination[14..], (ushort)count);
        var reference = (uint)(referenceTicks / ReferenceUnitTicks) & 0xFF_FFFF;
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], (reference << 8) | feedbackCount);

        var position = HeaderLength + WriteChunks(destination[HeaderLength..]);
        ReadOnlySpan<byte> allDeltas = deltas;
        allDeltas[..deltaBytes].CopyTo(destination[position..]);
        position += deltaBytes;

        var padding = (4 - (position & 3)) & 3;
        destination.Slice(position, padding).Clear();
        position += padding;
        if (padding > 0)
        {
            destination[position - 1] = (byte)padding;
        }

        destination[0] = (byte)(0x80 | (padding > 0 ? 0x20 : 0) | RtcpFeedbackFormat.TransportWideCongestion);
        destination[1] = (byte)RtcpPacketType.TransportFeedback;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)((position / 4) - 1));
        return position;
    }

    private readonly int WriteChunks(Span<byte> chunks)
    {
        ReadOnlySpan<byte> all = symbols;
        all = all[..count];
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
        private byte first;
    }

    [System.Runtime.CompilerServices.InlineArray(MaximumPackets * 2)]
    private struct DeltaBuffer
    {
        private byte first;
    }
}
