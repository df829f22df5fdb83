using System.Buffers.Binary;

namespace MeetOperator.Rtp.Rtcp;

/// <summary>The SSRCs of a FIR (RFC 5104 §4.3.1.1): the streams from which a key frame is requested.</summary>
public ref struct FullIntraRequests
{
    private const int EntryLength = 8;

    private ReadOnlySpan<byte> _entries;

    internal FullIntraRequests(ReadOnlySpan<byte> entries) => _entries = entries;

    public uint Current { get; private set; }

    public readonly FullIntraRequests GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_entries.Length < EntryLength)
        {
            return false;
        }

        Current = BinaryPrimitives.ReadUInt32BigEndian(_entries);
        _entries = _entries[EntryLength..];
        return true;
    }
}
