using MeetOperator.Signaling.Data.Bus;

namespace MeetOperator.Signaling.Tests.Data;

public sealed class LinkStateTests
{
    private readonly LinkState _state = new();

    [Fact]
    public void TryMarkSubscribed_AfterAlive_SetsBoth()
    {
        Assert.True(_state.TryMarkAlive(_state.Breaks));
        Assert.Equal((true, false), (_state.IsAlive, _state.IsSubscribed));

        Assert.True(_state.TryMarkSubscribed(_state.Breaks));
        Assert.Equal((true, true), (_state.IsAlive, _state.IsSubscribed));
    }

    [Fact]
    public void TryMarkSubscribed_BreakMeanwhile_ReturnsFalse()
    {
        var before = _state.Breaks;
        _state.TryMarkAlive(before);
        _state.Break();

        Assert.False(_state.TryMarkSubscribed(before));
        _state.TryMarkAlive(_state.Breaks);

        Assert.Equal((true, false), (_state.IsAlive, _state.IsSubscribed));
    }

    [Fact]
    public void TryMarkAlive_BreakMeanwhile_ReturnsFalse()
    {
        var before = _state.Breaks;
        _state.Break();

        Assert.False(_state.TryMarkAlive(before));
        Assert.False(_state.IsAlive);
    }

    [Fact]
    public void Break_AliveAndSubscribed_ClearsBoth()
    {
        _state.TryMarkAlive(_state.Breaks);
        _state.TryMarkSubscribed(_state.Breaks);

        _state.Break();

        Assert.Equal((false, false), (_state.IsAlive, _state.IsSubscribed));
    }

    [Fact]
    public void TryMarkSubscribed_NotAlive_ReturnsFalse()
    {
        _state.Break();

        Assert.False(_state.TryMarkSubscribed(_state.Breaks));
    }
}
