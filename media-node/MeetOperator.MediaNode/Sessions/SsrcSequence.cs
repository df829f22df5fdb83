using System.Security.Cryptography;

namespace MeetOperator.MediaNode.Sessions;

/// <summary>The SSRCs that the node chooses in one room. Safe for concurrent use.</summary>
internal sealed class SsrcSequence
{
    private readonly uint _mask = (uint)RandomNumberGenerator.GetInt32(int.MaxValue);
    private uint _count;

    /// <summary>Returns an SSRC that is new in the room. Multiplication by an odd number is a permutation of the 32-bit values, so none repeats early.</summary>
    public uint Next()
    {
        var ssrc = (Interlocked.Increment(ref _count) * 0x9E37_79B1) ^ _mask;
        return ssrc == 0 ? Next() : ssrc;
    }
}
