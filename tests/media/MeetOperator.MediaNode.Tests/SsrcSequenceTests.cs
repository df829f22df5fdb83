using MeetOperator.MediaNode.Sessions;

namespace MeetOperator.MediaNode.Tests;

public sealed class SsrcSequenceTests
{
    [Fact]
    public void Next_HundredThousandTracks_NeverRepeats()
    {
        var ssrcs = new SsrcSequence();

        var given = Enumerable.Range(0, 100_000).Select(_ => ssrcs.Next()).ToList();

        Assert.Equal(given.Count, given.Distinct().Count());
        Assert.DoesNotContain(0u, given);
    }
}
