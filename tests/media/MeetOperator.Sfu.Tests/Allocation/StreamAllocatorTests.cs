using MeetOperator.Sfu.Allocation;

namespace MeetOperator.Sfu.Tests.Allocation;

public sealed class StreamAllocatorTests
{
    private const int Paused = StreamAllocator.Paused;
    private static readonly long[] Camera = [150, 500, 1700];

    [Theory]
    [InlineData(2000, 2)] // 1700 of 2000 leaves a reserve
    [InlineData(1900, 1)] // 1700 would leave too little
    [InlineData(600, 1)]
    [InlineData(550, 0)]
    [InlineData(180, 0)]
    [InlineData(170, Paused)]
    [InlineData(0, Paused)]
    public void Allocate_OneCamera_GetsHighestStepThatLeavesReserve(long bits, int expected) =>
        Assert.Equal([expected], Allocate(bits, Stream(Camera)));

    [Theory]
    [InlineData(1750, 2)]
    [InlineData(1699, 1)]
    [InlineData(520, 1)]
    [InlineData(499, 0)]
    [InlineData(149, Paused)]
    public void Allocate_StreamSentNow_KeepsItsStepWhileItFits(long bits, int expected) =>
        Assert.Equal([expected], Allocate(bits, Stream(Camera, current: 2)));

    [Fact]
    public void Allocate_SmallTile_GetsNoMoreThanItCanUse() => Assert.Equal([1], Allocate(9000, Stream(Camera, wanted: 1)));

    [Fact]
    public void Allocate_ScreenAndCameras_ScreenComesFirst() =>
        Assert.Equal([Paused, 0, Paused], Allocate(1300, Stream(Camera), Stream([1000], StreamRank.Screen), Stream(Camera)));

    [Fact]
    public void Allocate_ScreenDoesNotFit_CamerasGetTheBandwidth() =>
        Assert.Equal([0, Paused], Allocate(400, Stream(Camera), Stream([1000], StreamRank.Screen)));

    [Fact]
    public void Allocate_SpeakerAmongCameras_IsImprovedFirst() =>
        Assert.Equal([0, 2, 0], Allocate(2400, Stream(Camera), Stream(Camera, StreamRank.Speaker), Stream(Camera)));

    [Fact]
    public void Allocate_PinnedAndSpeaker_PinnedComesFirst() =>
        Assert.Equal([0, 2], Allocate(2300, Stream(Camera, StreamRank.Speaker), Stream(Camera, StreamRank.Pinned)));

    [Fact]
    public void Allocate_EqualCameras_AreImprovedStepByStep() =>
        Assert.Equal([1, 1, 0], Allocate(1400, Stream(Camera), Stream(Camera), Stream(Camera)));

    [Fact]
    public void Allocate_LargeAndSmallTile_LargeTileComesFirst() =>
        Assert.Equal([Paused, 0], Allocate(200, Stream(Camera, area: 100), Stream(Camera, area: 400)));

    [Fact]
    public void Allocate_NotEnoughForAll_PausesInsteadOfStarvingAll() =>
        Assert.Equal([0, 0, Paused], Allocate(400, Stream(Camera), Stream(Camera), Stream(Camera)));

    [Fact]
    public void Allocate_AnyInput_NeverExceedsBandwidth() => ForAny((bits, streams, rates, result) =>
    {
        var sum = streams.Select((s, i) => result[i] == Paused ? 0 : rates[s.FirstRate + result[i]]).Sum();
        Assert.True(sum <= bits, $"{sum} of {bits}");
        Assert.All(streams.Select((s, i) => (s, i)), x => Assert.InRange(result[x.i], Paused, Math.Max(0, Math.Min(x.s.Wanted, x.s.Steps - 1))));
    });

    [Fact]
    public void Allocate_NothingChanged_IsStable() => ForAny((bits, streams, rates, result) =>
    {
        StreamDemand[] again = [.. streams.Select((s, i) => s with { Current = result[i] })];
        var second = new int[streams.Length];
        StreamAllocator.Allocate(bits, again, rates, second);
        Assert.Equal(result, second);
    });

    [Fact]
    public void Allocate_SlightlyLessBandwidth_ChangesNothing() => ForAny((bits, streams, rates, result) =>
    {
        // Small changes of an estimate are noise.
        StreamDemand[] fresh = [.. streams.Select(s => s with { Current = Paused })];
        StreamAllocator.Allocate(bits, fresh, rates, result);
        StreamDemand[] again = [.. streams.Select((s, i) => s with { Current = result[i] })];
        var second = new int[streams.Length];
        StreamAllocator.Allocate((long)(bits * 0.9), again, rates, second);
        Assert.Equal(result, second);
    });

    [Fact]
    public void Allocate_MoreImportantPaused_NoLowerStepThatWouldPayForIt() => ForAny((bits, streams, rates, result) =>
    {
        // Improving a stream never costs a more important one its picture.
        for (var i = 0; i < streams.Length; i++)
        {
            for (var j = 0; j < streams.Length; j++)
            {
                if (result[i] == Paused && result[j] > 0 && streams[i].Rank < streams[j].Rank)
                {
                    var spent = streams.Select((s, k) => result[k] == Paused ? 0 : rates[s.FirstRate]).Sum();
                    Assert.True(spent + rates[streams[i].FirstRate] > bits * 0.86);
                }
            }
        }
    });

    private static void ForAny(Action<long, StreamDemand[], long[], int[]> check)
    {
        var random = new Random(20261124);
        for (var round = 0; round < 5000; round++)
        {
            var rates = new List<long>();
            var streams = new StreamDemand[random.Next(0, 30)];
            for (var i = 0; i < streams.Length; i++)
            {
                var steps = random.Next(1, 4);
                streams[i] = new StreamDemand(
                    (StreamRank)random.Next(4), random.Next(1000), rates.Count, steps, random.Next(steps), 0, random.Next(-1, steps));
                var rate = random.Next(30_000, 400_000);
                for (var step = 0; step < steps; step++)
                {
                    rates.Add(rate);
                    rate = (int)(rate * (1 + (random.NextDouble() * 3)));
                }
            }

            var bits = random.Next(0, 10_000_000);
            var result = new int[streams.Length];
            StreamAllocator.Allocate(bits, streams, [.. rates], result);
            check(bits, streams, [.. rates], result);
        }
    }

    private static (StreamDemand Demand, long[] Rates) Stream(long[] rates, StreamRank rank = StreamRank.Other, int wanted = 2, int current = Paused, long area = 0) =>
        (new StreamDemand(rank, area, 0, rates.Length, Math.Min(wanted, rates.Length - 1), 0, current), rates);

    private static int[] Allocate(long bits, params (StreamDemand Demand, long[] Rates)[] streams)
    {
        var first = 0;
        var demands = streams.Select(s =>
        {
            var demand = s.Demand with { FirstRate = first };
            first += s.Rates.Length;
            return demand;
        }).ToArray();
        var result = new int[streams.Length];
        StreamAllocator.Allocate(bits, demands, streams.SelectMany(s => s.Rates).ToArray(), result);
        return result;
    }
}
