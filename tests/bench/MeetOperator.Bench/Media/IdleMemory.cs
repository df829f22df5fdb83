namespace MeetOperator.Bench.Media;

/// <summary>Resident memory of a media node that is set up as in production, is ready, and has no room.</summary>
internal static class IdleMemory
{
    /// <summary>In MiB.</summary>
    public static async Task<double> MeasureAsync(string nodeAssembly)
    {
        using var node = await BenchNode.StartAsync(nodeAssembly, alone: false).ConfigureAwait(false);
        await Task.Delay(TimeSpan.FromSeconds(5)).ConfigureAwait(false);
        return node.ResidentMebibytes;
    }
}
