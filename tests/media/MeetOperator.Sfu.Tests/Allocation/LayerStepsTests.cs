using MeetOperator.Rtp.HeaderExtensions;
using MeetOperator.Sfu.Allocation;

namespace MeetOperator.Sfu.Tests.Allocation;

public sealed class LayerStepsTests
{
    private static readonly LayerTargets ThreeRates = LayerTargets.UpTo(LayerTargets.Of(0, 2));
    private static readonly LayerTargets TwoRates = LayerTargets.UpTo(LayerTargets.Of(0, 1));

    [Fact]
    public void List_NoTemporalLayers_HasOneStepForEachSize() =>
        Assert.Equal(["0*", "1*", "2*"], List(isDetailed: false, new LayerState(true, 320, 180, 1), new LayerState(true, 640, 360, 1), new LayerState(true, 1280, 720, 1)));

    [Fact]
    public void List_Camera_HalvesFrameRateBeforeTheNextSmallerSize() =>
        Assert.Equal(["0:0", "0:1", "0*", "1:1", "1*"], List(isDetailed: false, Of(320, 180, ThreeRates), Of(640, 360, ThreeRates)));

    [Fact]
    public void List_CameraWithTwoRates_HasBothForEachSize() =>
        Assert.Equal(["0:0", "0*", "1:0", "1*"], List(isDetailed: false, Of(320, 180, TwoRates), Of(640, 360, TwoRates)));

    [Fact]
    public void List_Screen_TakesEveryRateBeforeASmallerSize() =>
        Assert.Equal(["0:0", "0:1", "0*", "1:0", "1:1", "1*"], List(isDetailed: true, Of(960, 540, ThreeRates), Of(1920, 1080, ThreeRates)));

    [Fact]
    public void List_SpatialLayersOfOneStream_AreSizes() =>
        Assert.Equal(["0:0", "0:1", "0*", "0:9", "0:8*"], List(isDetailed: false, Of(640, 360, LayerTargets.UpTo(LayerTargets.Of(1, 2)))));

    [Theory]
    [InlineData(1280, 720, 4)]
    [InlineData(320, 180, 2)]
    public void List_View_WantsTheFullRateOfItsSize(int width, int height, int expected)
    {
        Span<LayerStep> steps = stackalloc LayerStep[2 * LayerSteps.MaxOfLayer];
        LayerSteps.List([Of(320, 180, ThreeRates), Of(640, 360, ThreeRates)], TrackView.Of(width, height), isDetailed: false, steps, out var wanted);
        Assert.Equal(expected, wanted);
    }

    [Fact]
    public void List_Hidden_WantsNothing()
    {
        Span<LayerStep> steps = stackalloc LayerStep[LayerSteps.MaxOfLayer];
        LayerSteps.List([Of(320, 180, ThreeRates)], TrackView.Hidden, isDetailed: false, steps, out var wanted);
        Assert.Equal(LayerSelection.None, wanted);
    }

    [Fact]
    public void UsualRateOf_FewerLayers_IsLower()
    {
        LayerState[] layers = [Of(1280, 720, LayerTargets.UpTo(LayerTargets.Of(2, 2)))];
        var rates = new[] { (0, 0), (0, 2), (1, 0), (1, 2), (2, 0), (2, 2) }.Select(t => LayerSteps.UsualRateOf(layers, new LayerStep(0, LayerTargets.Of(t.Item1, t.Item2)))).ToList();
        Assert.Equal(rates.Order(), rates);
        Assert.Equal(rates.Count, rates.Distinct().Count());
    }

    private static LayerState Of(int width, int height, LayerTargets targets) => new(true, width, height, 0) { Targets = targets };

    /// <summary>Each step as layer and target, with a star for the full rate of a spatial layer.</summary>
    private static List<string> List(bool isDetailed, params LayerState[] layers)
    {
        var steps = new LayerStep[layers.Length * LayerSteps.MaxOfLayer];
        var count = LayerSteps.List(layers, TrackView.Of(1280, 720), isDetailed, steps, out _);
        return [.. steps.Take(count).Select(Name)];

        static string Name(LayerStep step) =>
            step.Target == LayerTargets.Highest || LayerTargets.TemporalOf(step.Target) == LayerTargets.MaxTemporalLayers - 1
                ? step.Target is LayerTargets.Highest or 7 ? $"{step.Layer}*" : $"{step.Layer}:{step.Target & ~7}*"
                : $"{step.Layer}:{step.Target}";
    }
}
