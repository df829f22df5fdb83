using MeetOperator.Bench.Move.People;

namespace MeetOperator.Bench.Move;

/// <summary>
/// Kills the media node of a meeting of six again and again, and measures how long each person misses somebody's sound or picture: with a standby (class Critical) and without one.
/// </summary>
internal static class KilledNodes
{
    private const int People = 6;
    private const int Nodes = 3;

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Installation installation, int kills)
    {
        await installation.ScaleAsync(Nodes).ConfigureAwait(false);
        var critical = await MeasureAsync(installation, kills, isCritical: true).ConfigureAwait(false);
        var standard = await MeasureAsync(installation, kills, isCritical: false).ConfigureAwait(false);
        return [new Figure("critical.killed", critical, "s", 1), new Figure("standard.killed", standard, "s", 3)];
    }

    private static async Task<double> MeasureAsync(Installation installation, int kills, bool isCritical)
    {
        var crowd = await installation.CreateMeetingAsync().ConfigureAwait(false);
        await using (crowd.ConfigureAwait(false))
        {
            await Gathering.FillAsync(crowd, People, mayRestart: true).ConfigureAwait(false);
            var gaps = new List<double>();
            for (var kill = 0; kill < kills; kill++)
            {
                await installation.CompleteAsync().ConfigureAwait(false);
                if (isCritical)
                {
                    await installation.PrepareStandbyAsync(crowd).ConfigureAwait(false);
                }

                await crowd.BeginAsync().ConfigureAwait(false);
                await installation.KillOriginAsync(crowd).ConfigureAwait(false);
                await Task.Delay(TimeSpan.FromSeconds(1)).ConfigureAwait(false); // until then, signaling has noticed
                await Gathering.SettledAsync(crowd).ConfigureAwait(false);
                await Task.Delay(TimeSpan.FromSeconds(5)).ConfigureAwait(false); // until then, those who were seen before are seen again
                var noticed = await crowd.EndAsync(LongestSilence).ConfigureAwait(false);
                await Console.Error.WriteLineAsync($"{(isCritical ? "Critical" : "Standard")} {kill + 1}: {noticed}").ConfigureAwait(false);
                await Gathering.ThrowIfDroppedAsync(crowd).ConfigureAwait(false);
                gaps.AddRange(noticed.Gaps.Select(gap => Math.Max(gap.Sound, gap.Picture) / 1_000));
            }

            return gaps.Order().ToList() is var sorted ? sorted[(int)Math.Ceiling(sorted.Count * 0.99) - 1] : 0;
        }
    }

    /// <summary>Whoever gets nothing for longer is dropped.</summary>
    private static TimeSpan LongestSilence => TimeSpan.FromSeconds(20);
}
