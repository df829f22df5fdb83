using MeetOperator.Sfu.Allocation;

namespace MeetOperator.Sfu.Tests.Allocation;

public sealed class LayerSelectionTests
{
    private static readonly LayerState Low = new(true, 320, 180, 15_000);
    private static readonly LayerState Middle = new(true, 640, 360, 60_000);
    private static readonly LayerState High = new(true, 1280, 720, 200_000);
    private static readonly LayerState[] All = [Low, Middle, High];

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    public void Choose_ViewUnknown_ReturnsMiddle(int count, int expected) => Assert.Equal(expected, Choose(All.AsSpan(0, count), default, isDetailed: false));

    [Fact]
    public void Choose_DetailedWithoutView_ReturnsHighest() => Assert.Equal(2, Choose(All, default, isDetailed: true));

    [Fact]
    public void Choose_Hidden_ReturnsNone() => Assert.Equal(LayerSelection.None, Choose(All, TrackView.Hidden, isDetailed: false));

    [Theory]
    [InlineData(160, 90, 0)]
    [InlineData(320, 180, 0)]
    [InlineData(420, 240, 0)] // enlarged by a third
    [InlineData(480, 270, 1)]
    [InlineData(853, 480, 1)]
    [InlineData(960, 540, 2)]
    [InlineData(1920, 1080, 2)]
    [InlineData(300, 700, 0)] // a portrait tile: the width limits the picture
    public void Choose_Size_ReturnsSmallestSufficientLayer(int width, int height, int expected) =>
        Assert.Equal(expected, Choose(All, TrackView.Of(width, height), isDetailed: false));

    [Fact]
    public void Choose_StoppedLayers_AreSkipped()
    {
        Assert.Equal(1, Choose([Low, Middle, High with { IsAvailable = false }], TrackView.Of(1280, 720), isDetailed: false));
        Assert.Equal(1, Choose([Low with { IsAvailable = false }, Middle, High], TrackView.Of(160, 90), isDetailed: false));
        Assert.Equal(0, Choose([Low, Middle with { IsAvailable = false }, High with { IsAvailable = false }], default, isDetailed: false));
    }

    [Fact]
    public void Choose_NothingActive_ReturnsLayerAsIfAllWere() =>
        Assert.Equal(1, Choose([new LayerState(), new LayerState(), new LayerState()], default, isDetailed: false));

    [Theory]
    [InlineData(160, 0)]
    [InlineData(640, 1)]
    [InlineData(1280, 2)]
    public void Choose_SizesUnknown_AssumesUsualSizes(int width, int expected) => Assert.Equal(
        expected, Choose([new LayerState(true, 0, 0, 1), new LayerState(true, 0, 0, 2), new LayerState(true, 0, 0, 3)], TrackView.Of(width, width * 9 / 16), isDetailed: false));

    [Fact]
    public void TryRank_SizesKnown_SortsBySize() => Assert.Equal([2, 1, 0], Rank(High with { BytesPerSecond = 1 }, Middle, Low));

    [Fact]
    public void TryRank_SizesUnknown_SortsByRate() => Assert.Equal([1, 2, 0], Rank(new LayerState(true, 0, 0, 90_000), new LayerState(true, 0, 0, 5_000), new LayerState(true, 0, 0, 30_000)));

    [Fact]
    public void TryRank_SimilarOrUnknownRates_KeepsOrder()
    {
        Assert.Equal([0, 1], Rank(new LayerState(true, 0, 0, 1_200), new LayerState(true, 0, 0, 1_000)));
        Assert.Equal([0, 1], Rank(new LayerState(true, 0, 0, 90_000), new LayerState(false, 0, 0, 0)));
    }

    [Fact]
    public void TryRank_LayerStops_KeepsOrder()
    {
        LayerState[] layers = [new(true, 0, 0, 90_000), new(true, 0, 0, 5_000)];
        byte[] order = [0, 1];
        Assert.True(LayerSelection.TryRank(layers, order));
        Assert.False(LayerSelection.TryRank([layers[0] with { IsAvailable = false, BytesPerSecond = 0 }, layers[1]], order));
        Assert.Equal([1, 0], order);
    }

    private static int Choose(ReadOnlySpan<LayerState> layers, TrackView view, bool isDetailed)
    {
        Span<int> usable = stackalloc int[layers.Length];
        var choice = LayerSelection.ChooseStep(layers, view, isDetailed, usable, out _);
        return choice == LayerSelection.None ? LayerSelection.None : usable[choice];
    }

    private static int[] Rank(params LayerState[] layers)
    {
        var order = Enumerable.Range(0, layers.Length).Select(i => (byte)i).ToArray();
        LayerSelection.TryRank(layers, order);
        return [.. order.Select(i => (int)i)];
    }
}
