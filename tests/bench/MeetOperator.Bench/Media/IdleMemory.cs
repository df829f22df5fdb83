namespace MeetOperator.Bench.Media;

/// <summary>Measures the resident memory of a ready media node with production settings and no rooms.</summary>
internal static class IdleMemory
{
    /// <summary>Returns MiB.</summary>
    public static async Task<double> MeasureAsync(string nodeAssembly)
    {
        using var node = await BenchNode.StartAsync(nodeAssembly).ConfigureAwait(false);
        await Task.Delay(TimeSpan.FromSeconds(5)).ConfigureAwait(false);
        return node.ResidentMebibytes;
    }
}
