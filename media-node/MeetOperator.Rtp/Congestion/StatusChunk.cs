namespace MeetOperator.Rtp.Congestion;

/// <summary>A chunk of packet status symbols: a run length, 14 one-bit symbols, or 7 two-bit symbols (§3.1.3, §3.1.4 of the draft).</summary>
internal readonly struct StatusChunk(ushort value)
{
    private bool IsVector => (value & 0x8000) != 0;

    private bool IsTwoBit => (value & 0x4000) != 0;

    internal int Count => !IsVector ? value & 0x1FFF : IsTwoBit ? 7 : 14;

    internal int SymbolAt(int index) => !IsVector
        ? (value >> 13) & 3
        : IsTwoBit ? (value >> (12 - (2 * index))) & 3 : (value >> (13 - index)) & 1;

    /// <summary>Bytes of receive deltas that the first <paramref name="symbols"/> symbols have.</summary>
    internal int DeltaBytes(int symbols)
    {
        if (!IsVector)
        {
            return symbols * LengthOf(SymbolAt(0));
        }

        var bytes = 0;
        for (var i = 0; i < symbols; i++)
        {
            bytes += LengthOf(SymbolAt(i));
        }

        return bytes;
    }

    /// <summary>Bytes of the receive delta: one for a small delta, two for a large one, none for the reserved symbol 3.</summary>
    private static int LengthOf(int symbol) => symbol is 1 or 2 ? symbol : 0;
}
