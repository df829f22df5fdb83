using MeetOperator.MediaNode.Loops;
using MeetOperator.MediaNode.Streams;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Tests;

/// <summary>How many TCP connections tenants and addresses may have.</summary>
public sealed class StreamPlacesTests
{
    private readonly StreamPlaces _places = new();
    private uint _address;

    [Fact]
    public void TryTake_OneTenant_GetsHalf() => Assert.Equal((StreamPlaces.Max / 2, StreamEnd.TooManyOfTenant), Fill("a"));

    [Fact]
    public void TryTake_SeveralTenantsThatTakeAll_LeaveAsManyForOthers()
    {
        string[] greedy = ["a", "b", "c"];
        for (var left = StreamPlaces.Max; left > 0; left--)
        {
            _places.TryTake(greedy[left % 3], NextAddress(), out _);
        }

        Assert.All(greedy, tenant => Assert.Equal((0, StreamEnd.TooManyOfTenant), Fill(tenant)));
        Assert.Equal((StreamPlaces.Max / 8, StreamEnd.TooManyOfTenant), Fill("modest")); // a quarter is free, of which a tenant gets half
    }

    [Fact]
    public void TryTake_OneAddress_GetsItsLimitWhateverTheTenant()
    {
        var office = new TransportAddress(0xC000_0201, 5000);
        for (var i = 0; i < StreamPlaces.MaxOfAddress; i++)
        {
            Assert.Null(_places.TryTake($"tenant-{i % 5}", office, out _));
        }

        Assert.Equal(StreamEnd.TooManyOpenOfAddress, _places.TryTake("tenant-9", office, out var none));
        Assert.Null(none);
        Assert.Null(_places.TryTake("tenant-9", NextAddress(), out _));
    }

    [Fact]
    public void TryTake_AddressesOfOneIPv6Network_CountTogether()
    {
        var places = new StreamPlaces(max: 100, maxOfAddress: 2);

        Assert.Null(places.TryTake("a", new TransportAddress(1, 1, 5000), out var first));
        Assert.Null(places.TryTake("a", new TransportAddress(1, 2, 5000), out _));
        Assert.Equal(StreamEnd.TooManyOpenOfAddress, places.TryTake("a", new TransportAddress(1, 3, 5000), out _));
        Assert.Null(places.TryTake("a", new TransportAddress(2, 3, 5000), out _));
        first!.Dispose();
        Assert.Null(places.TryTake("a", new TransportAddress(1, 3, 5000), out _));
    }

    [Fact]
    public void Dispose_Twice_ReturnsThePlaceOnce()
    {
        var places = new StreamPlaces(max: 4);
        places.TryTake("a", NextAddress(), out var first);
        places.TryTake("a", NextAddress(), out _);

        first!.Dispose();
        first.Dispose();

        Assert.Null(places.TryTake("a", NextAddress(), out _));
        Assert.Equal(StreamEnd.TooManyOfTenant, places.TryTake("a", NextAddress(), out _));
    }

    [Fact]
    public void TryTake_NodeIsFull_ReturnsTooMany()
    {
        var places = new StreamPlaces(max: 2);
        places.TryTake("a", NextAddress(), out _);
        places.TryTake("b", NextAddress(), out _);

        Assert.Equal(StreamEnd.TooMany, places.TryTake("c", NextAddress(), out _));
    }

    private TransportAddress NextAddress() => new(0x0A00_0000 + ++_address, 5000);

    /// <summary>Takes places until there is none. Returns how many, and why there is none.</summary>
    private (int Taken, StreamEnd? Problem) Fill(string tenant)
    {
        for (var taken = 0; ; taken++)
        {
            if (_places.TryTake(tenant, NextAddress(), out _) is { } problem)
            {
                return (taken, problem);
            }
        }
    }
}
