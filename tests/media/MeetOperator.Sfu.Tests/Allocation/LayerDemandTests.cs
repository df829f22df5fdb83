using MeetOperator.Sfu.Allocation;

namespace MeetOperator.Sfu.Tests.Allocation;

public sealed class LayerDemandTests
{
    private const long Second = TimeSpan.TicksPerSecond;
    private const long Start = TimeSpan.TicksPerHour;
    private LayerDemand _demand;

    [Fact]
    public void IsRequested_NewLayer_IsTrueForThreeSeconds()
    {
        Assert.True(_demand.IsRequested);
        Assert.False(Update(0, isUsed: false));
        Assert.False(Update(2.9, isUsed: false));
        Assert.True(Update(3, isUsed: false));
        Assert.False(_demand.IsRequested);
    }

    [Fact]
    public void IsRequested_UsedAgain_IsTrueAtOnce()
    {
        Update(0, isUsed: false);
        Update(10, isUsed: false);

        Assert.True(Update(10.1, isUsed: true));
        Assert.True(_demand.IsRequested);
        Assert.False(Update(12, isUsed: false)); // a short change
        Assert.True(_demand.IsRequested);
        Assert.True(Update(13.2, isUsed: false));
    }

    [Fact]
    public void IsAvailable_NotRequested_IsTrue()
    {
        Update(0, isUsed: false);
        Update(3, isUsed: false);

        Assert.True(_demand.IsAvailable(Start + (10 * Second), arrives: false, hasArrived: true));
    }

    [Fact]
    public void IsAvailable_RequestedAndDoesNotArrive_IsFalseUntilItDoes()
    {
        Update(0, isUsed: true, arrives: false);
        Assert.True(_demand.IsAvailable(Start + Second, arrives: false, hasArrived: true));

        Update(2, isUsed: true, arrives: false);
        Assert.False(_demand.IsAvailable(Start + (2 * Second), arrives: false, hasArrived: true));
        Update(60, isUsed: false, arrives: false); // subscribers use another layer
        Assert.True(_demand.IsRequested); // it may start to arrive at any time
        Assert.False(_demand.IsAvailable(Start + (60 * Second), arrives: false, hasArrived: true));
        Assert.True(_demand.IsAvailable(Start + (60 * Second), arrives: true, hasArrived: true));
    }

    [Fact]
    public void IsAvailable_NeverArrived_IsFalse()
    {
        Update(0, isUsed: true, arrives: false);

        Assert.False(_demand.IsAvailable(Start, arrives: false, hasArrived: false));
    }

    [Fact]
    public void IsAvailable_Arrives_IsTrue()
    {
        Update(0, isUsed: true, arrives: false);
        Update(2, isUsed: true, arrives: false);

        Assert.True(_demand.IsAvailable(Start + (2 * Second), arrives: true, hasArrived: true));
    }

    [Fact]
    public void IsRequested_RelayedLayer_IsTrueWhileUsedAndThreeSecondsLonger()
    {
        _demand = new LayerDemand(isRelayed: true);
        Assert.False(_demand.IsRequested);
        Assert.False(Update(0, isUsed: false, arrives: false));
        Assert.True(Update(1, isUsed: true, arrives: false));
        Assert.False(Update(20, isUsed: true, arrives: false));
        Assert.False(Update(22.9, isUsed: false, arrives: false));
        Assert.True(Update(23, isUsed: false, arrives: false));
        Assert.False(_demand.IsRequested);
    }

    private bool Update(double seconds, bool isUsed, bool arrives = true) => _demand.TryUpdate(Start + (long)(seconds * Second), isUsed, arrives);
}
