using System.Numerics;

namespace MeetOperator.Sfu.Forwarding;

/// <summary>One bit for each of the last <see cref="Packets"/> packets of a stream, by their 64-bit sequence numbers. Without storage, all bits are zero.</summary>
internal readonly ref struct PacketBits(Span<ulong> words)
{
    /// <summary>As many packets as a layer keeps for retransmission.</summary>
    public const int Packets = 512;

    /// <summary>The number of words that the bits need.</summary>
    public const int Words = Packets / 64;
    private readonly Span<ulong> _words = words;

    public bool this[long sequence] => !_words.IsEmpty && (_words[WordOf(sequence)] >> (int)(sequence & 63) & 1) != 0;

    public void Set(long sequence) => _words[WordOf(sequence)] |= 1UL << (int)(sequence & 63);

    /// <summary>Clears the bits of the packets after one and up to another one.</summary>
    public void ClearAfter(long from, long to)
    {
        if (_words.IsEmpty)
        {
            return;
        }

        if (to - from >= Packets)
        {
            _words.Clear();
            return;
        }

        for (var sequence = from + 1; sequence <= to; sequence++)
        {
            _words[WordOf(sequence)] &= ~(1UL << (int)(sequence & 63));
        }
    }

    /// <summary>The number of bits that are set after one packet and up to another one, which is less than <see cref="Packets"/> away.</summary>
    public int CountAfter(long from, long to)
    {
        var count = 0;
        for (var sequence = from + 1; sequence <= to && !_words.IsEmpty; sequence = (sequence | 63) + 1)
        {
            count += BitOperations.PopCount(_words[WordOf(sequence)] & (ulong.MaxValue << (int)(sequence & 63)) & UpTo(Math.Min(to, sequence | 63)));
        }

        return count;
    }

    /// <summary>Finds the packet whose bit is not set, and after which <paramref name="skipped"/> other such packets follow up to <paramref name="last"/>. False when it is too old.</summary>
    public bool TryFindUnset(long last, long skipped, out long sequence)
    {
        for (sequence = last; last - sequence < Packets; sequence = (sequence & ~63L) - 1)
        {
            var unset = ~_words[WordOf(sequence)] & UpTo(sequence);
            var count = BitOperations.PopCount(unset);
            if (skipped < count)
            {
                for (; skipped > 0; skipped--)
                {
                    unset &= ~(1UL << BitOperations.Log2(unset));
                }

                sequence = (sequence & ~63L) + BitOperations.Log2(unset);
                return last - sequence < Packets;
            }

            skipped -= count;
        }

        return false;
    }

    private static int WordOf(long sequence) => (int)(sequence >> 6) & (Words - 1);

    /// <summary>The bits of a word up to that of a packet.</summary>
    private static ulong UpTo(long sequence) => ulong.MaxValue >> (int)(63 - (sequence & 63));
}
