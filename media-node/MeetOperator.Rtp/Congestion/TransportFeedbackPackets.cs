using System.Buffers.Binary;

namespace MeetOperator.Rtp.Congestion;

/// <summary>Enumerates the packets of a feedback that has been checked for completeness.</summary>
public ref struct TransportFeedbackPackets
{
    private readonly ReadOnlySpan<byte> chunks;
    private readonly int count;
    private ReadOnlySpan<byte> deltas;
    private StatusChunk chunk;
    private int chunkPosition;
    private int chunkIndex;
    private int index;
    private ushort sequenceNumber;
    private long ticks;

    internal TransportFeedbackPackets(ReadOnlySpan<byte> chunks, ReadOnlySpan<byte> deltas, ushort baseSequenceNumber, int count, long referenceTicks)
    {
        this.chunks = chunks;
        this.deltas = deltas;
        this.count = count;
        sequenceNumber = baseSequenceNumber;
        ticks = referenceTicks;
    }

    public TransportFeedbackPacket Current { get; private set; }

    public readonly TransportFeedbackPackets GetEnumerator() => this;

    public bool MoveNext()
    {
        if (index == count)
        {
            return false;
        }

        if (chunkIndex == chunk.Count)
        {
            chunk = new StatusChunk(BinaryPrimitives.ReadUInt16BigEndian(chunks[chunkPosition..]));
            chunkPosition += 2;
            chunkIndex = 0;
        }

        var symbol = chunk.SymbolAt(chunkIndex++);
        var received = symbol is TransportFeedbackBuilder.SymbolSmallDelta or TransportFeedbackBuilder.SymbolLargeDelta;
        if (symbol == TransportFeedbackBuilder.SymbolSmallDelta)
        {
            ticks += deltas[0] * TransportFeedbackBuilder.DeltaUnitTicks;
            deltas = deltas[1..];
        }
        else if (received)
        {
            ticks += BinaryPrimitives.ReadInt16BigEndian(deltas) * TransportFeedbackBuilder.DeltaUnitTicks;
            deltas = deltas[2..];
        }

        Current = new TransportFeedbackPacket(sequenceNumber++, received, received ? ticks : 0);
        index++;
        return true;
    }
}
