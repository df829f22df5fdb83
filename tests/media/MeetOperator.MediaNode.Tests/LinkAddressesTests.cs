using MeetOperator.MediaNode.Loops;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Tests;

public sealed class LinkAddressesTests
{
    private static readonly TransportAddress[] Addresses = [new(1, 1), new(2, 2), new(3, 3)];

    [Fact]
    public void MoveNext_ManyTimes_UsesEachAddressOnceInEachRoundInVaryingOrder()
    {
        var addresses = new LinkAddresses(new Random(1));
        addresses.Replace(Addresses);
        var rounds = Enumerable.Range(0, 50).Select(_ => string.Join(' ', Enumerable.Range(0, 3).Select(_ => Next(addresses)))).ToArray();

        Assert.Equal(string.Join(' ', Addresses), rounds[0]); // the preferred one first
        Assert.All(rounds, round => Assert.Equal(3, round.Split(' ').Distinct().Count()));
        Assert.InRange(rounds.Distinct().Count(), 3, 6);
    }

    [Fact]
    public void Replace_AddressInUse_StaysInUse()
    {
        var addresses = new LinkAddresses(new Random(1));
        addresses.Replace(Addresses);
        Assert.Equal(Addresses[0], addresses.Current);
        Next(addresses);
        Next(addresses);

        addresses.Replace([Addresses[2], Addresses[1]]);
        Assert.Equal(Addresses[1], addresses.Current);

        addresses.Replace([Addresses[0]]);
        Assert.Equal(Addresses[0], addresses.Current);
    }

    [Fact]
    public void Replace_NoAddress_Throws() => Assert.Throws<ArgumentException>(() => new LinkAddresses(new Random(1)).Replace([]));

    private static TransportAddress Next(LinkAddresses addresses)
    {
        addresses.MoveNext();
        return addresses.Current;
    }
}
