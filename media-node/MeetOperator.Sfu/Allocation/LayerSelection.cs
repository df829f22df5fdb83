using MeetOperator.Sfu.Layers;

namespace MeetOperator.Sfu.Allocation;

/// <summary>Decides which layer of its source a down track forwards.</summary>
internal static class LayerSelection
{
    /// <param name="layers">The layers of the source, from the lowest quality to the highest. There is at least one.</param>
    public static UpLayer Choose(ReadOnlySpan<UpLayer> layers) => layers[^1];
}
