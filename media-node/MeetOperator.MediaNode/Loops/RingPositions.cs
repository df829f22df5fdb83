using System.Runtime.InteropServices;

namespace MeetOperator.MediaNode.Loops;

/// <summary>
/// The positions of a <see cref="PacketRing"/>, which count all bytes so far. What the writer changes and what the reader changes are two cache lines apart, because processors load lines in pairs.
/// Otherwise each packet would take the line away from the other thread.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 5 * Spacing)]
internal struct RingPositions
{
    public const int Spacing = 128;

    /// <summary>The end of what was written. Only for the writer.</summary>
    [FieldOffset(Spacing)]
    public long Written;

    /// <summary>The last value of <see cref="Read"/> that the writer has seen.</summary>
    [FieldOffset(Spacing + sizeof(long))]
    public long KnownRead;

    /// <summary>The end of what is visible to the reader. Changed by the writer.</summary>
    [FieldOffset(2 * Spacing)]
    public long Published;

    /// <summary>The end of what the writer may use again. Changed by the reader.</summary>
    [FieldOffset(3 * Spacing)]
    public long Read;

    /// <summary>The end of the packet that is being read. Only for the reader.</summary>
    [FieldOffset(3 * Spacing + sizeof(long))]
    public long Next;

    /// <summary>The last value of <see cref="Published"/> that the reader has seen.</summary>
    [FieldOffset(3 * Spacing + 2 * sizeof(long))]
    public long KnownPublished;
}
