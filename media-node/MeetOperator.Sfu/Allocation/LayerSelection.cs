using MeetOperator.Sfu.Tracks;

namespace MeetOperator.Sfu.Allocation;

/// <summary>Decides which layer of its source a down track forwards. Pure.</summary>
internal static class LayerSelection
{
    /// <summary>The result for a track that is not shown.</summary>
    public const int None = -1;

    /// <summary>A layer is large enough for a view if it has this part of its height. A slightly enlarged picture looks as good and costs a quarter.</summary>
    private const double SufficientHeight = 0.75;

    /// <summary>Rates of two layers that differ by less than this factor say nothing about their order.</summary>
    private const double DistinctRates = 1.5;

    /// <summary>Returns the index of the layer to forward, or <see cref="None"/>.</summary>
    /// <param name="layers">The layers of the source in the order of <see cref="Rank"/>. There is at least one.</param>
    /// <param name="view">How the subscriber shows the track.</param>
    /// <param name="source">Screens are shown in full quality by default, because their text must be legible; other sources in the middle.</param>
    public static int Choose(ReadOnlySpan<LayerState> layers, TrackView view, TrackSource source)
    {
        if (view.IsHidden)
        {
            return None;
        }

        var anyActive = false;
        foreach (var layer in layers)
        {
            anyActive |= layer.IsActive;
        }

        Span<int> usable = stackalloc int[layers.Length];
        var count = 0;
        for (var i = 0; i < layers.Length; i++)
        {
            if (layers[i].IsActive || !anyActive)
            {
                usable[count++] = i;
            }
        }

        if (view.HasSize)
        {
            foreach (var index in usable[..count])
            {
                if (IsSufficient(layers[index], view))
                {
                    return index;
                }
            }

            // No layer is known to be large enough. Sizes are unknown before the first key frame, and for some codecs and clients always.
            return usable[count - 1];
        }

        return usable[source == TrackSource.Screen ? count - 1 : count / 2];
    }

    /// <summary>
    /// Sorts the layers from the lowest quality to the highest: by size where all sizes are known, otherwise by rate where all rates are known, otherwise in the given
    /// order. The order of the layers in SDP has no meaning (RFC 8853 §5.2).
    /// </summary>
    /// <param name="layers">The layers in the order of the negotiation.</param>
    /// <param name="order">Receives the indexes in <paramref name="layers"/>.</param>
    public static void Rank(ReadOnlySpan<LayerState> layers, Span<byte> order)
    {
        var (haveSizes, haveRates) = (true, true);
        for (var i = 0; i < layers.Length; i++)
        {
            order[i] = (byte)i;
            haveSizes &= layers[i].HasSize;
            haveRates &= layers[i].BytesPerSecond > 0;
        }

        if (!haveSizes && !haveRates)
        {
            return;
        }

        for (var i = 1; i < layers.Length; i++)
        {
            for (var j = i; j > 0 && IsLower(layers[order[j]], layers[order[j - 1]], haveSizes); j--)
            {
                (order[j], order[j - 1]) = (order[j - 1], order[j]);
            }
        }
    }

    /// <summary>A portrait picture in a landscape tile, or the reverse, is limited by the other dimension, so either one may suffice.</summary>
    private static bool IsSufficient(in LayerState layer, TrackView view) =>
        layer.HasSize && (layer.Height >= view.Height * SufficientHeight || layer.Width >= view.Width * SufficientHeight);

    private static bool IsLower(in LayerState left, in LayerState right, bool bySize) => bySize
        ? (long)left.Width * left.Height < (long)right.Width * right.Height
        : left.BytesPerSecond * DistinctRates < right.BytesPerSecond;
}
