namespace MeetOperator.Sfu.Allocation;

/// <summary>Decides which size of its source a down track forwards. Pure.</summary>
internal static class LayerSelection
{
    /// <summary>The result for a track that is not shown.</summary>
    public const int None = -1;

    /// <summary>A layer is large enough for a view if it has this part of its height. A slightly enlarged picture looks as good and costs a quarter.</summary>
    private const double SufficientHeight = 0.75;

    private const int UsualWidth = 1280;
    private const int UsualHeight = 720;

    /// <summary>Rates of two layers that differ by less than this factor say nothing about their order.</summary>
    private const double DistinctRates = 1.5;

    /// <summary>Returns the index in <paramref name="usable"/> of the layer that suits the view, or <see cref="None"/>.</summary>
    /// <param name="layers">The layers of the source in the order of <see cref="TryRank"/>. There is at least one.</param>
    /// <param name="view">How the subscriber shows the track.</param>
    /// <param name="isDetailed">Whether the track is in full quality for subscribers that do not tell how they show it, as a screen, whose text must be legible.</param>
    /// <param name="usable">Receives the indexes of the layers that can be forwarded, from the lowest quality to the highest. As long as <paramref name="layers"/>.</param>
    /// <param name="count">The number of layers in <paramref name="usable"/>.</param>
    public static int ChooseStep(ReadOnlySpan<LayerState> layers, TrackView view, bool isDetailed, Span<int> usable, out int count)
    {
        count = 0;
        var anyAvailable = false;
        foreach (var layer in layers)
        {
            anyAvailable |= layer.IsAvailable;
        }

        for (var i = 0; i < layers.Length; i++)
        {
            if (layers[i].IsAvailable || !anyAvailable)
            {
                usable[count++] = i;
            }
        }

        if (view.IsHidden)
        {
            return None;
        }

        if (!view.HasSize)
        {
            return isDetailed ? count - 1 : count / 2;
        }

        for (var step = 0; step < count; step++)
        {
            if (IsSufficient(SizeOf(layers, usable[step]), view))
            {
                return step;
            }
        }

        return count - 1;
    }

    /// <summary>
    /// Sorts the layers from the lowest quality to the highest: by size where all sizes are known, otherwise by rate where all rates are known. Layers that cannot be told
    /// apart keep their order. The order in SDP has no meaning (RFC 8853 §5.2). Returns true when the order has changed.
    /// </summary>
    /// <param name="layers">The layers in the order of the negotiation.</param>
    /// <param name="order">The indexes in <paramref name="layers"/> in the present order.</param>
    public static bool TryRank(ReadOnlySpan<LayerState> layers, Span<byte> order)
    {
        var (haveSizes, haveRates) = (true, true);
        foreach (var layer in layers)
        {
            haveSizes &= layer.HasSize;
            haveRates &= layer.BytesPerSecond > 0;
        }

        var changed = false;
        for (var i = 1; i < layers.Length && (haveSizes || haveRates); i++)
        {
            for (var j = i; j > 0 && IsLower(layers[order[j]], layers[order[j - 1]], haveSizes); j--)
            {
                (order[j], order[j - 1]) = (order[j - 1], order[j]);
                changed = true;
            }
        }

        return changed;
    }

    /// <summary>A portrait picture in a landscape tile, or the reverse, is limited by the other dimension, so either one may suffice.</summary>
    private static bool IsSufficient((int Width, int Height) layer, TrackView view) =>
        layer.Height >= view.Height * SufficientHeight || layer.Width >= view.Width * SufficientHeight;

    /// <summary>The size of a layer. Where it is not known, as with some codecs, the highest layer is assumed to be usual video and each lower one to have half its height.</summary>
    public static (int Width, int Height) SizeOf(ReadOnlySpan<LayerState> layers, int index) => layers[index].HasSize
        ? (layers[index].Width, layers[index].Height)
        : (UsualWidth >> (layers.Length - 1 - index), UsualHeight >> (layers.Length - 1 - index));

    private static bool IsLower(in LayerState left, in LayerState right, bool bySize) => bySize
        ? (long)left.Width * left.Height < (long)right.Width * right.Height
        : left.BytesPerSecond * DistinctRates < right.BytesPerSecond;
}
