using System.Numerics;
using MeetOperator.Rtp.HeaderExtensions;

namespace MeetOperator.Sfu.Allocation;

/// <summary>Lists the qualities in which a track can be sent: every size of its picture, and with temporal layers also lower frame rates. Pure.</summary>
/// <remarks>
/// A step down halves the frame rate first, and then takes the next smaller size at its full rate: a larger picture at 15 frames per second looks better than a smaller one
/// at 30, and costs more than that. A quarter of the frame rate is only used in the smallest size, before nothing is sent. Screens take every rate before a smaller size.
/// </remarks>
internal static class LayerSteps
{
    /// <summary>The maximum number of steps of a layer.</summary>
    public const int MaxOfLayer = LayerTargets.Highest + 1;

    /// <summary>Writes the steps from the lowest quality to the highest, and returns their number.</summary>
    /// <param name="layers">The layers of the source in the order of <see cref="LayerSelection.TryRank"/>. There is at least one.</param>
    /// <param name="view">How the subscriber shows the track.</param>
    /// <param name="isDetailed">Whether the track is a screen, whose text must be legible.</param>
    /// <param name="steps">Receives the steps; <see cref="MaxOfLayer"/> for each layer.</param>
    /// <param name="wanted">The step that suits the view, or <see cref="LayerSelection.None"/>.</param>
    public static int List(ReadOnlySpan<LayerState> layers, TrackView view, bool isDetailed, Span<LayerStep> steps, out int wanted)
    {
        var maxSizes = layers.Length * LayerTargets.MaxSpatialLayers;
        Span<LayerState> sizes = stackalloc LayerState[maxSizes];
        Span<LayerStep> best = stackalloc LayerStep[maxSizes];
        Span<int> usable = stackalloc int[maxSizes];
        var count = 0;
        for (var i = 0; i < layers.Length; i++)
        {
            AddSizes(layers[i], (byte)i, sizes, best, ref count);
        }

        var chosen = LayerSelection.ChooseStep(sizes[..count], view, isDetailed, usable, out var usableCount);
        wanted = LayerSelection.None;
        var listed = 0;
        for (var i = 0; i < usableCount; i++)
        {
            var full = best[usable[i]];
            var spatial = LayerTargets.SpatialOf(full.Target);
            var top = TopTemporal(layers[full.Layer].Targets, spatial);
            for (var temporal = isDetailed || i == 0 ? 0 : Math.Max(0, top - 1); temporal < top; temporal++)
            {
                steps[listed++] = full with { Target = LayerTargets.Of(spatial, temporal) };
            }

            wanted = i == chosen ? listed : wanted;
            steps[listed++] = full;
        }

        return listed;
    }

    /// <summary>Whether two steps differ in their frame rate only.</summary>
    public static bool IsSameSize(in LayerStep left, in LayerStep right) =>
        left.Layer == right.Layer && LayerTargets.SpatialOf(left.Target) == LayerTargets.SpatialOf(right.Target);

    /// <summary>The rate of a step in bits per second that is not measured yet: that of a usual encoder for its size.</summary>
    public static long UsualRateOf(ReadOnlySpan<LayerState> layers, in LayerStep step)
    {
        const int UsualBitsPerPixelSecond = 2;
        const double RateOfHalf = 0.7; // of the rate with twice as many frames
        var (width, height) = LayerSelection.SizeOf(layers, step.Layer);
        var full = layers[step.Layer].BytesPerSecond > 0 ? layers[step.Layer].BytesPerSecond * 8 : Math.Max(100_000, (long)width * height * UsualBitsPerPixelSecond);
        var targets = layers[step.Layer].Targets;
        if (targets.IsEmpty)
        {
            return full;
        }

        var spatial = LayerTargets.SpatialOf(step.Target);
        var fewer = Math.Max(0, TopTemporal(targets, spatial) - LayerTargets.TemporalOf(step.Target));
        var smaller = LayerTargets.SpatialOf(targets.BestUpTo(LayerTargets.Highest)) - spatial;
        return (long)(full * Math.Pow(RateOfHalf, fewer) / (1L << (2 * smaller)));
    }

    /// <summary>Adds the size of a layer, or the size of each of its spatial layers.</summary>
    private static void AddSizes(in LayerState layer, byte index, Span<LayerState> sizes, Span<LayerStep> best, ref int count)
    {
        if (layer.Targets.IsEmpty)
        {
            (sizes[count], best[count]) = (layer, new LayerStep(index, LayerTargets.Highest));
            count++;
            return;
        }

        var highest = LayerTargets.SpatialOf((byte)BitOperations.Log2(layer.Targets.Bits));
        for (var spatial = 0; spatial <= highest; spatial++)
        {
            if (TopTemporal(layer.Targets, spatial) >= 0)
            {
                // Encoders double the size from one spatial layer to the next.
                var down = highest - spatial;
                sizes[count] = layer with { Width = layer.Width >> down, Height = layer.Height >> down };
                best[count] = new LayerStep(index, LayerTargets.Of(spatial, LayerTargets.MaxTemporalLayers - 1));
                count++;
            }
        }
    }

    /// <summary>The highest temporal layer of a spatial layer; −1 for a spatial layer that is not sent.</summary>
    private static int TopTemporal(LayerTargets targets, int spatial) =>
        BitOperations.Log2(((targets.Bits >> (spatial * LayerTargets.MaxTemporalLayers)) & ((1u << LayerTargets.MaxTemporalLayers) - 1)) * 2 + 1) - 1;
}
