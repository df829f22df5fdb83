namespace MeetOperator.Srtp;

/// <summary>
/// The replay list (RFC 3711 §3.3.2): a ring of bits that is addressed by packet index. Moving the window clears only the bits that
/// it skips.
/// </summary>
internal struct ReplayWindow
{
    private readonly ulong[] _bits;

    /// <param name="size">Number of packets in the window; a power of two, at least 64.</param>
    internal ReplayWindow(int size) => _bits = new ulong[size / 64];

    /// <summary>The highest recorded index plus one; 0 before the first.</summary>
    internal ulong Next { get; private set; }

    private readonly ulong Size => (ulong)_bits.Length * 64;

    /// <summary>Whether an index was not recorded before and is not older than the window.</summary>
    internal readonly bool Accepts(ulong index) =>
        index >= Next || (Next - 1 - index < Size && (_bits[Slot(index)] & Bit(index)) == 0);

    /// <summary>Marks all indexes before <paramref name="next"/> as recorded.</summary>
    internal void SkipTo(ulong next)
    {
        Next = next;
        Array.Fill(_bits, next == 0 ? 0 : ulong.MaxValue);
    }

    /// <summary>Records the index of an authentic packet.</summary>
    internal void Record(ulong index)
    {
        if (index >= Next)
        {
            if (Next == 0 || index - Next >= Size - 1)
            {
                Array.Clear(_bits);
            }
            else
            {
                for (var passed = Next; passed <= index; passed++)
                {
                    _bits[Slot(passed)] &= ~Bit(passed);
                }
            }

            Next = index + 1;
        }

        _bits[Slot(index)] |= Bit(index);
    }

    private static ulong Bit(ulong index) => 1UL << (int)(index & 63);

    private readonly int Slot(ulong index) => (int)((index >> 6) % (ulong)_bits.Length);
}
