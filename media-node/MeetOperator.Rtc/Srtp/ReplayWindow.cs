namespace MeetOperator.Rtc.Srtp;

/// <summary>
/// Which of the last packets were seen (RFC 3711 §3.3.2). A ring of bits under the packet index: moving the window
/// clears only what it passes over.
/// </summary>
internal struct ReplayWindow
{
    private readonly ulong[] bits;

    /// <param name="size">Packets behind the newest that are still accepted; a power of two, 64 or more.</param>
    internal ReplayWindow(int size) => bits = new ulong[size / 64];

    /// <summary>The highest index taken, plus one; 0 before the first.</summary>
    internal ulong Next { get; private set; }

    private readonly ulong Size => (ulong)bits.Length * 64;

    /// <summary>True when an index is new and not too old.</summary>
    internal readonly bool Accepts(ulong index) =>
        index >= Next || (Next - 1 - index < Size && (bits[Slot(index)] & Bit(index)) == 0);

    /// <summary>Counts everything before <paramref name="next"/> as seen.</summary>
    internal void SkipTo(ulong next)
    {
        Next = next;
        Array.Fill(bits, next == 0 ? 0 : ulong.MaxValue);
    }

    /// <summary>Notes an index that was accepted and proved authentic.</summary>
    internal void Take(ulong index)
    {
        if (index >= Next)
        {
            if (Next == 0 || index - Next >= Size - 1)
            {
                Array.Clear(bits);
            }
            else
            {
                for (var passed = Next; passed <= index; passed++)
                {
                    bits[Slot(passed)] &= ~Bit(passed);
                }
            }

            Next = index + 1;
        }

        bits[Slot(index)] |= Bit(index);
    }

    private static ulong Bit(ulong index) => 1UL << (int)(index & 63);

    private readonly int Slot(ulong index) => (int)((index >> 6) % (ulong)bits.Length);
}
