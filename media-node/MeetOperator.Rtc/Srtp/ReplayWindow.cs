namespace MeetOperator.Rtc.Srtp;

/// <summary>
/// Which of the last packets were seen (RFC 3711 §3.3.2). A ring of bits under the packet index: moving the window
/// clears only what it passes over.
/// </summary>
internal struct ReplayWindow
{
    private readonly ulong[] bits;
    private bool started;

    /// <param name="size">Packets behind the newest that are still accepted; a power of two, 64 or more.</param>
    internal ReplayWindow(int size) => bits = new ulong[size / 64];

    /// <summary>The highest index taken; meaningless before the first.</summary>
    internal ulong Highest { get; private set; }

    private readonly ulong Size => (ulong)bits.Length * 64;

    /// <summary>True when an index is new and not too old.</summary>
    internal readonly bool Accepts(ulong index) =>
        !started || index > Highest || (Highest - index < Size && (bits[Slot(index)] & Bit(index)) == 0);

    /// <summary>Notes an index that was accepted and proved authentic.</summary>
    internal void Take(ulong index)
    {
        if (!started)
        {
            started = true;
            Highest = index;
        }
        else if (index > Highest)
        {
            if (index - Highest >= Size)
            {
                Array.Clear(bits);
            }
            else
            {
                for (var passed = Highest + 1; passed <= index; passed++)
                {
                    bits[Slot(passed)] &= ~Bit(passed);
                }
            }

            Highest = index;
        }

        bits[Slot(index)] |= Bit(index);
    }

    private static ulong Bit(ulong index) => 1UL << (int)(index & 63);

    private readonly int Slot(ulong index) => (int)((index >> 6) % (ulong)bits.Length);
}
