namespace MeetOperator.Rtp.Rtcp;

/// <summary>The report blocks of a sender or receiver report.</summary>
public ref struct ReportBlocks
{
    private readonly ReadOnlySpan<byte> _blocks;
    private int _position;

    internal ReportBlocks(ReadOnlySpan<byte> blocks) => _blocks = blocks;

    public ReportBlock Current { get; private set; }

    public readonly ReportBlocks GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_position + ReportBlock.Length > _blocks.Length)
        {
            return false;
        }

        Current = ReportBlock.Read(_blocks[_position..]);
        _position += ReportBlock.Length;
        return true;
    }
}
