using System.Diagnostics;
using System.Text.Json.Nodes;
using MeetOperator.Bench.Move.People;

namespace MeetOperator.Bench.Move;

/// <summary>
/// Counts the people who are dropped while their meeting moves, its media node is drained, a drain is taken back, and all media nodes are replaced. Of ten changes, one is a rollout
/// (<c>Immediate</c> and <c>Migrate</c> by turns), one a drain and one a drain that is taken back; the others are requested moves.
/// </summary>
internal static class DroppedPeople
{
    private const int People = 6;
    private const int Nodes = 3;

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Installation installation, int changes)
    {
        var pool = new JsonObject { ["drain"] = new JsonObject { ["deadlineSeconds"] = 0 } };
        await installation.ScaleAsync(Nodes, pool).ConfigureAwait(false);
        var crowd = await installation.CreateMeetingAsync().ConfigureAwait(false);
        await using (crowd.ConfigureAwait(false))
        {
            await Gathering.FillAsync(crowd, People).ConfigureAwait(false);
            var (dropped, random) = (0, new Random(1));
            for (var change = 0; change < changes; change++)
            {
                await crowd.BeginAsync().ConfigureAwait(false);
                var watch = Stopwatch.StartNew();
                var name = await ChangeAsync(installation, crowd, change, random).ConfigureAwait(false);
                await Gathering.SettleOrDropAsync(crowd).ConfigureAwait(false);
                var seconds = watch.Elapsed.TotalSeconds;
                var noticed = await crowd.EndAsync().ConfigureAwait(false);
                await Console.Error.WriteLineAsync($"{change + 1} {name}, {seconds:0.0} s: {noticed}").ConfigureAwait(false);
                dropped += await ReplaceDroppedAsync(installation, crowd).ConfigureAwait(false);
            }

            return [new Figure("move.dropped", dropped, $"of {changes * People}", 0)];
        }
    }

    private static async Task<string> ChangeAsync(Installation installation, Crowd crowd, int change, Random random)
    {
        switch (change % 10)
        {
            case 2:
                await installation.DrainAsync(crowd, hold: null).ConfigureAwait(false);
                return "drain";
            case 5:
                var hold = TimeSpan.FromSeconds(3 * random.NextDouble());
                await installation.DrainAsync(crowd, hold).ConfigureAwait(false);
                return $"drain taken back after {hold.TotalSeconds:0.0} s";
            case 8:
                var type = change % 20 == 8 ? "Immediate" : "Migrate";
                await installation.RolloutAsync(type).ConfigureAwait(false);
                await installation.MeetingAsync(crowd, "the meeting is on one media node", meeting => meeting.Status!.Assignments.Count == 1).ConfigureAwait(false);
                return $"rollout {type}";
            default:
                await installation.MoveAsync(crowd, random).ConfigureAwait(false);
                return "move";
        }
    }

    /// <summary>Reports who was dropped, and lets others take their places.</summary>
    private static async Task<int> ReplaceDroppedAsync(Installation installation, Crowd crowd)
    {
        var dropped = await crowd.ReadAsync(members => members.Where(member => member.Dropped is not null).ToArray()).ConfigureAwait(false);
        foreach (var member in dropped)
        {
            await Console.Error.WriteLineAsync($"dropped: person {member.Plan.Person}: {member.Dropped}; {string.Join("; ", member.Errors)}").ConfigureAwait(false);
        }

        if (dropped.Length > 0)
        {
            await Console.Error.WriteLineAsync(await installation.DescribeAsync(crowd).ConfigureAwait(false)).ConfigureAwait(false);
        }

        foreach (var member in dropped)
        {
            await crowd.LeaveAsync(member).ConfigureAwait(false);
            await crowd.JoinAsync(member.Plan).ConfigureAwait(false);
        }

        await Gathering.SettledAsync(crowd).ConfigureAwait(false);
        return dropped.Length;
    }
}
