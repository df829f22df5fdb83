using MeetOperator.Signaling.Media;

namespace MeetOperator.Signaling.Tests.Media;

public sealed class PendingRemovalsTests
{
    private readonly PendingRemovals _pending = new();

    [Fact]
    public void Add_MoreThanTheLimit_OldestIsForgotten()
    {
        for (var i = 0; i <= PendingRemovals.Limit; i++)
        {
            _pending.Add($"p-{i}");
            _pending.Add($"p-{i}");
        }

        Assert.Equal(PendingRemovals.Limit, _pending.List().Count);
        Assert.False(_pending.Contains("p-0"));
        Assert.True(_pending.Contains("p-1"));
    }

    [Fact]
    public void Remove_ParticipantIsThereAgain_IsNotListed()
    {
        _pending.Add("ann");
        _pending.Add("bob");

        _pending.Remove("ann");

        Assert.Equal(["bob"], _pending.List());
    }
}
