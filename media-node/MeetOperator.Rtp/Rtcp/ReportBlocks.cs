namespace MeetOperator.Rtp.Rtcp;

/// <summary>The report blocks of a sender or receiver report.</summary>
public ref struct ReportBlocks
{
    private readonly ReadOnlySpan<byte> blocks;
    private int position;

    internal ReportBlocks(ReadOnlySpan<byte> blocks) => this.blocks = blocks;

    public readonly int Count => blocks.Length / ReportBlock.Length;

    public ReportBlock Current { get; private set; }

    public readonly ReportBlocks GetEnumerator() => this;

    public bool MoveNext()
    {
        if (position + ReportBlock.Length > blocks.Length)
        {
            return false;
        }

        Current = ReportBlock.Read(blocks[position..]);
        position += ReportBlock.Length;
        return true;
    }
}
