using MeetOperator.Bench.Move.People;

namespace MeetOperator.Bench.Move;

/// <summary>Fills meetings, and waits until everybody receives everybody.</summary>
internal static class Gathering
{
    private static readonly TimeSpan Steady = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Break = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Lets people join, and waits until they see all others and hear all speakers.</summary>
    public static async Task FillAsync(Crowd crowd, int people, bool mayRestart = false)
    {
        for (var person = 0; person < people; person++)
        {
            await crowd.JoinAsync(new MediaPlan((ushort)person) { MayRestart = mayRestart }).ConfigureAwait(false);
        }

        await SettledAsync(crowd).ConfigureAwait(false);
    }

    /// <summary>Waits until everybody has both connections, sees all others and hears all speakers.</summary>
    public static Task SettledAsync(Crowd crowd) => crowd.UntilAsync("everybody sees and hears all others", members => members.All(member => member.Dropped is not null || IsSettled(member, members)), Limit);

    /// <summary>Waits until all pictures have come without a break for a while: lines are measured, and nobody waits for a key frame.</summary>
    public static Task SteadyAsync(Crowd crowd)
    {
        var since = crowd.Now;
        return crowd.UntilAsync(
            "all pictures come without a break",
            members =>
            {
                since = members.All(member => member.Dropped is not null || member.Reception.IsSteady(Crowd.KernelTicks, Break)) ? since : crowd.Now;
                return crowd.Now - since >= Steady;
            },
            Limit);
    }

    /// <summary>As <see cref="SettledAsync"/>, but drops those who have not reached this state in time.</summary>
    public static async Task SettleOrDropAsync(Crowd crowd)
    {
        try
        {
            await SettledAsync(crowd).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            await Console.Error.WriteLineAsync(e.Message).ConfigureAwait(false);
            await crowd.ReadAsync(members =>
            {
                foreach (var member in members.Where(member => !IsSettled(member, members)))
                {
                    member.Drop($"does not see and hear all others after {Limit.TotalSeconds:0} s");
                }

                return members.Count;
            }).ConfigureAwait(false);
        }
    }

    public static async Task ThrowIfDroppedAsync(Crowd crowd)
    {
        var dropped = await crowd.ReadAsync(members => members.Where(member => member.Dropped is not null).Select(member => $"person {member.Plan.Person}: {member.Dropped}").ToArray()).ConfigureAwait(false);
        if (dropped.Length > 0)
        {
            throw new InvalidOperationException($"Somebody was dropped: {string.Join("; ", dropped)}.");
        }
    }

    private static bool IsSettled(Member member, IReadOnlyList<Member> members) => member.IsSettled && members.All(other =>
        other == member || other.Dropped is not null
        || ((!other.Plan.IsLoud || member.Reception.Hears(other.Plan.Person)) && (!other.Plan.HasPicture || member.Reception.Sees(other.Plan.Person))));
}
