using MeetOperator.Rtc.Datagrams;
using MeetOperator.Rtc.Testing;

namespace MeetOperator.Rtc.Tests.Transport;

/// <summary>The simulated network must follow its conditions and be reproducible, because other tests depend on it.</summary>
public sealed class SimulatedNetworkTests
{
    private static readonly TransportAddress One = new(1, 1);
    private static readonly TransportAddress Other = new(2, 2);

    private static readonly LinkConditions Bad = new()
    {
        LossRate = 0.2,
        DuplicationRate = 0.1,
        ReorderRate = 0.1,
        JitterTicks = TimeSpan.TicksPerMillisecond,
    };

    [Fact]
    public void Send_SameSeed_RepeatsArrivals() => Assert.Equal(Arrivals(5, Bad), Arrivals(5, Bad));

    [Fact]
    public void Send_OtherSeed_ChangesArrivals() => Assert.NotEqual(Arrivals(5, Bad), Arrivals(6, Bad));

    [Fact]
    public void Send_PerfectLink_KeepsOrder() =>
        Assert.Equal(Enumerable.Range(0, 1000), Arrivals(1, LinkConditions.Perfect).Select(a => a.Value));

    [Fact]
    public void Send_LossyLink_LosesDuplicatesAndReorders()
    {
        var values = Arrivals(7, Bad).Select(a => a.Value).ToList();

        Assert.InRange(values.Distinct().Count(), 740, 860);
        Assert.InRange(values.Count - values.Distinct().Count(), 50, 120);
        Assert.Contains(values.Zip(values.Skip(1)), pair => pair.First > pair.Second);
    }

    private static List<(long At, int Value)> Arrivals(int seed, LinkConditions conditions)
    {
        var network = new SimulatedNetwork(seed, conditions);
        var arrivals = new List<(long, int)>();
        network.Attach(Other, (now, _, datagram) => arrivals.Add((now, BitConverter.ToInt32(datagram))));
        for (var i = 0; i < 1000; i++)
        {
            network.Send(One, Other, BitConverter.GetBytes(i));
            network.AdvanceTo(network.NowTicks + TimeSpan.TicksPerMillisecond);
        }

        network.AdvanceTo(network.NowTicks + TimeSpan.TicksPerSecond);
        return arrivals;
    }
}
