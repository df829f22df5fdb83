using MeetOperator.Bench.Move.People;

namespace MeetOperator.Bench.Move;

/// <summary>Moves a room of 20 between media nodes, each with a microphone and a camera that sends 25 pictures a second, and measures the longest gap that each person notices.</summary>
internal static class RoomMoves
{
    private const int People = 20;
    private const int Nodes = 2;

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Installation installation, int moves)
    {
        await installation.ScaleAsync(Nodes).ConfigureAwait(false);
        var crowd = await installation.CreateMeetingAsync().ConfigureAwait(false);
        await using (crowd.ConfigureAwait(false))
        {
            await Gathering.FillAsync(crowd, People).ConfigureAwait(false);
            await Gathering.SteadyAsync(crowd).ConfigureAwait(false);
            var gaps = new List<Gaps>();
            var random = new Random(1);
            for (var move = 0; move < moves; move++)
            {
                await crowd.BeginAsync().ConfigureAwait(false);
                await installation.MoveAsync(crowd, random).ConfigureAwait(false);
                await Gathering.SettledAsync(crowd).ConfigureAwait(false);
                await Gathering.SteadyAsync(crowd).ConfigureAwait(false);
                var noticed = await crowd.EndAsync().ConfigureAwait(false);
                gaps.AddRange(noticed.Gaps);
                await Console.Error.WriteLineAsync($"move {move + 1}: {noticed}").ConfigureAwait(false);
                await Gathering.ThrowIfDroppedAsync(crowd).ConfigureAwait(false);
            }

            return [new Figure("move.audio-gap", Percentile(gaps.Select(gap => gap.Sound)), "ms", 100), new Figure("move.video-freeze", Percentile(gaps.Select(gap => gap.Picture)), "ms", 250)];
        }
    }

    private static double Percentile(IEnumerable<double> values) => values.Order().ToList() is var sorted ? sorted[(int)Math.Ceiling(sorted.Count * 0.99) - 1] : 0;
}
