using MeetOperator.Signaling.Data.Bus;

namespace MeetOperator.Signaling.Tests.Data;

public sealed class LinkStateTests
{
    private readonly LinkState state = new();

    [Fact]
    public void TryMarkSubscribed_AfterAlive_SetsBoth()
    {
        Assert.True(state.TryMarkAlive(state.Breaks));
        Assert.Equal((true, false), (state.IsAlive, state.IsSubscribed));

        Assert.True(state.TryMarkSubscribed(state.Breaks));
        Assert.Equal((true, true), (state.IsAlive, state.IsSubscribed));
    }

    [Fact]
    public void TryMarkSubscribed_BreakMeanwhile_ReturnsFalse()
    {
        var before = state.Breaks;
        state.TryMarkAlive(before);
        state.Break();

        Assert.False(state.TryMarkSubscribed(before));
        state.TryMarkAlive(state.Breaks);

        Assert.Equal((true, false), (state.IsAlive, state.IsSubscribed));
    }

    [Fact]
    public void TryMarkAlive_BreakMeanwhile_ReturnsFalse()
    {
        var before = state.Breaks;
        state.Break();

        Assert.False(state.TryMarkAlive(before));
        Assert.False(state.IsAlive);
    }

    [Fact]
    public void Break_AliveAndSubscribed_ClearsBoth()
    {
        state.TryMarkAlive(state.Breaks);
        state.TryMarkSubscribed(state.Breaks);

        state.Break();

        Assert.Equal((false, false), (state.IsAlive, state.IsSubscribed));
    }

    [Fact]
    public void TryMarkSubscribed_NotAlive_ReturnsFalse()
    {
        state.Break();

        Assert.False(state.TryMarkSubscribed(state.Breaks));
    }
}
