using MeetOperator.MediaNode.Streams;
using MeetOperator.Rtc.Datagrams;

namespace MeetOperator.MediaNode.Tests;

/// <summary>Which connections are kept and which are closed when too many have not sent their check yet.</summary>
public sealed class UnauthenticatedStreamsTests
{
    private readonly UnauthenticatedStreams _streams = new();
    private uint _number;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TryAdd_FloodOfSomeAddresses_ReplacesTheirOwn(bool isIPv6)
    {
        var honest = Enumerable.Range(0, 20).Select(i => Add(Address(isIPv6, (1000 + i) << 16))).ToList();
        for (var i = 0; i < 10_000; i++)
        {
            Add(Address(isIPv6, (i % 16) << 16, host: (ulong)i));
        }

        Assert.All(honest, stream => Assert.NotNull(_streams.Find(stream!.Address.Connection)));
        Assert.Equal(UnauthenticatedStreams.Max, _streams.TakeAll().Count);
    }

    /// <summary>Providers give a customer up to 65,536 IPv6 networks of 64 bits.</summary>
    [Fact]
    public void TryAdd_FloodOfManyNetworksOfOneSite_ReplacesItsOwn()
    {
        var honest = Enumerable.Range(0, 20).Select(i => Add(i % 2 == 0 ? Address(isIPv6: false, i) : Address(isIPv6: true, i << 16))).ToList();
        for (var i = 0; i < 10_000; i++)
        {
            Add(Address(isIPv6: true, (99 << 16) + i));
        }

        Assert.All(honest, stream => Assert.NotNull(_streams.Find(stream!.Address.Connection)));
    }

    [Fact]
    public void TryAdd_AddressWithMostAddsAnother_ReplacesItsOldest()
    {
        var flood = Enumerable.Range(0, UnauthenticatedStreams.MaxOfAddress - 1).Select(_ => Add(Address(false, 0))).ToList();
        for (var i = flood.Count; i < UnauthenticatedStreams.Max; i++)
        {
            Add(Address(false, i));
        }

        Assert.True(_streams.TryAdd(New(Address(false, 0)), out var replaced));
        Assert.Same(flood[0], replaced);
    }

    [Fact]
    public void TryAdd_ManyAddressesWithOneEach_ReplacesTheOldest()
    {
        var all = Enumerable.Range(0, UnauthenticatedStreams.Max).Select(i => Add(Address(false, i))).ToList();

        Assert.True(_streams.TryAdd(New(Address(false, 1000)), out var replaced));
        Assert.Same(all[0], replaced);
        Assert.True(_streams.TryAdd(New(Address(false, 1001)), out replaced));
        Assert.Same(all[1], replaced);
    }

    [Fact]
    public void TryAdd_OneIPv6NetworkHasItsLimit_ReturnsFalseUntilOneLeaves()
    {
        var all = Enumerable.Range(0, UnauthenticatedStreams.MaxOfAddress).Select(i => Add(Address(true, 1, (ulong)i))).ToList();

        Assert.False(_streams.TryAdd(New(Address(true, 1, 99)), out _));
        _streams.Remove(all[5]!);
        Assert.True(_streams.TryAdd(New(Address(true, 1, 99)), out _));
    }

    /// <summary>Random arrivals, checks and deadlines, against what the limits say.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void TryAdd_AnyOrder_KeepsTheLimitsAndReplacesOneOfMost(int seed)
    {
        var random = new Random(seed);
        var model = new List<UnauthenticatedStream>();
        for (var step = 0; step < 20_000; step++)
        {
            if (random.Next(8) == 0 && model.Count > 0)
            {
                var gone = model[random.Next(model.Count)];
                _streams.Remove(gone);
                model.Remove(gone);
                continue;
            }

            if (random.Next(500) == 0)
            {
                var late = model.Count / 2;
                while (model.Count > late)
                {
                    Assert.Same(model[0], _streams.TakeLate(model[0].DeadlineTicks));
                    model.RemoveAt(0);
                }
            }

            var added = New(Address(isIPv6: true, (random.Next(8) << 16) + random.Next(1 + random.Next(200)), (ulong)step));
            var hasPlace = model.Count(stream => stream.Address.High == added.Address.High) < UnauthenticatedStreams.MaxOfAddress;
            Assert.Equal(hasPlace, _streams.TryAdd(added, out var replaced));
            if (hasPlace)
            {
                model.Add(added);
            }

            Assert.Equal(model.Count > UnauthenticatedStreams.Max, replaced is not null);
            if (replaced is not null)
            {
                var addresses = model.CountBy(stream => stream.Address.High).ToDictionary();
                var sites = model.CountBy(stream => stream.Address.High >> 16).ToDictionary();
                var most = model.MaxBy(stream => (sites[stream.Address.High >> 16], addresses[stream.Address.High], -stream.DeadlineTicks));
                Assert.Same(most, replaced);
                model.Remove(replaced);
            }
        }

        Assert.Equal(model.Select(stream => stream.DeadlineTicks), _streams.TakeAll().Select(stream => stream.DeadlineTicks).Order());
    }

    private static TransportAddress Address(bool isIPv6, int network, ulong host = 0) =>
        isIPv6 ? new TransportAddress((0x2001_0DB8UL << 32) + (ulong)network, host, 5000) : new TransportAddress(0x0A00_0000 + (uint)network, 5000);

    private UnauthenticatedStream New(TransportAddress address) => new(null!, address.Over(++_number), _number);

    private UnauthenticatedStream? Add(TransportAddress address)
    {
        var stream = New(address);
        return _streams.TryAdd(stream, out _) ? stream : null;
    }
}
