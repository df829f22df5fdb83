using System.Buffers.Binary;

namespace MeetOperator.Rtp.Congestion;

/// <summary>Enumerates the packets of a feedback that has been checked for completeness.</summary>
public ref struct TransportFeedbackPackets
{
    private const byte SymbolSmallDelta = 1;
    private const byte SymbolLargeDelta = 2;
    private const long DeltaUnitTicks = 250 * TimeSpan.TicksPerMicrosecond;
    private readonly ReadOnlySpan<byte> _chunks;
    private readonly int _count;
    private ReadOnlySpan<byte> _deltas;
    private StatusChunk _chunk;
    private int _chunkPosition;
    private int _chunkIndex;
    private int _index;
    private ushort _sequenceNumber;
    private long _ticks;

    internal TransportFeedbackPackets(ReadOnlySpan<byte> chunks, ReadOnlySpan<byte> deltas, ushort baseSequenceNumber, int count, long referenceTicks)
    {
        _chunks = chunks;
        _deltas = deltas;
        _count = count;
        _sequenceNumber = baseSequenceNumber;
        _ticks = referenceTicks;
    }

    public TransportFeedbackPacket Current { get; private set; }

    public readonly TransportFeedbackPackets GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_index == _count)
        {
            return false;
        }

        if (_chunkIndex == _chunk.Count)
        {
            _chunk = new StatusChunk(BinaryPrimitives.ReadUInt16BigEndian(_chunks[_chunkPosition..]));
            _chunkPosition += 2;
            _chunkIndex = 0;
        }

        var symbol = _chunk.SymbolAt(_chunkIndex++);
        var received = symbol is SymbolSmallDelta or SymbolLargeDelta;
        if (symbol == SymbolSmallDelta)
        {
            _ticks += _deltas[0] * DeltaUnitTicks;
            _deltas = _deltas[1..];
        }
        else if (received)
        {
            _ticks += BinaryPrimitives.ReadInt16BigEndian(_deltas) * DeltaUnitTicks;
            _deltas = _deltas[2..];
        }

        Current = new TransportFeedbackPacket(_sequenceNumber++, received, received ? _ticks : 0);
        _index++;
        return true;
    }
}
