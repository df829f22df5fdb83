using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Calls;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Nodes;

public sealed class NodeCallLimitTests
{
    private static readonly NamespacedName Node = new("meet-a", "n1");
    private readonly ManualTime _time = new();

    /// <summary>A node that stands still for a moment has several calls of different meetings.</summary>
    [Fact]
    public void RecordSilence_SeveralCallsAtTheSameTime_CountAsOne()
    {
        var limit = new NodeCallLimit(4, _time);

        for (var call = 0; call < 4; call++)
        {
            limit.RecordSilence(Node, "a");
        }

        _time.Advance(TimeSpan.FromMilliseconds(499));
        Assert.True(limit.IsPaused(Node, "a"));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(limit.IsPaused(Node, "a"));
    }

    [Fact]
    public void RecordSilence_AgainAndAgain_PausesForUpToEightSeconds()
    {
        var limit = new NodeCallLimit(4, _time);
        var pauses = new List<double>();
        for (var call = 0; call < 6; call++)
        {
            limit.RecordSilence(Node, "a");
            var began = _time.GetUtcNow();
            while (limit.IsPaused(Node, "a"))
            {
                _time.Advance(TimeSpan.FromMilliseconds(100));
            }

            pauses.Add((_time.GetUtcNow() - began).TotalSeconds);
        }

        Assert.Equal([0.5, 1, 2, 4, 8, 8], pauses);
    }

    [Fact]
    public void IsPaused_ResponseOrAnotherProcess_ReturnsFalse()
    {
        var limit = new NodeCallLimit(4, _time);
        limit.RecordSilence(Node, "a");
        Assert.False(limit.IsPaused(Node, "b"));
        Assert.False(limit.IsPaused(new NamespacedName("meet-a", "n2"), "a"));

        limit.RecordResponse(Node);

        Assert.False(limit.IsPaused(Node, "a"));
    }
}
