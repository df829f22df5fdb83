using System.Text.Json.Nodes;
using MeetOperator.Bench.Move.People;
using MeetOperator.Contracts.Meetings;

namespace MeetOperator.Bench.Move;

/// <summary>
/// A meeting grows from 1 person to 500 over five media nodes of 110 places each, and shrinks to two speakers and a listener. Three speak with packets of 60 ms; all others are muted and listen. Measures who is
/// refused, and the time from the request to join to the first packet of sound.
/// </summary>
internal static class GrowingMeeting
{
    private const int Largest = 500;
    private const int Nodes = 5;
    private const int Places = 110;

    /// <summary>Looking at the sockets of 500 people every millisecond would take processor time that the media nodes need.</summary>
    private static readonly TimeSpan ListeningTick = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan BetweenJoins = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BetweenLeaves = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(Installation installation)
    {
        await installation.ScaleAsync(0).ConfigureAwait(false); // media nodes get their capacity when they are created
        await installation.ScaleAsync(Nodes, new JsonObject { ["capacity"] = new JsonObject { ["maxParticipants"] = Places } }).ConfigureAwait(false);
        var crowd = await installation.CreateMeetingAsync(new JsonObject { ["maxParticipants"] = Largest }).ConfigureAwait(false);
        await using (crowd.ConfigureAwait(false))
        {
            var (times, refused) = await GrowAsync(crowd).ConfigureAwait(false);
            var nodes = await installation.NodesAsync(crowd).ConfigureAwait(false);
            await Console.Error.WriteLineAsync($"span: {times.Count} people on {nodes} media nodes; join median {times[times.Count / 2]:0.00} s, p99 {times[times.Count * 99 / 100]:0.00} s, max {times[^1]:0.00} s").ConfigureAwait(false);
            refused += await ShrinkAsync(installation, crowd).ConfigureAwait(false);
            return [new Figure("span.refused", refused, $"of {Largest}", 0), new Figure("span.join-p99", times[times.Count * 99 / 100], "s", 1)];
        }
    }

    /// <summary>People join evenly, the speakers first. Returns how long it took each who hears a speaker from the beginning, in ascending order, and how many were refused or dropped.</summary>
    private static async Task<(List<double> Times, int Refused)> GrowAsync(Crowd crowd)
    {
        var joining = new List<Task<(Member Member, TimeSpan Requested)?>>();
        for (var person = 0; person < Largest; person++)
        {
            joining.Add(JoinAsync(crowd, new MediaPlan((ushort)person, HasSound: person < MediaPlan.Speakers, HasPicture: false) { SoundInterval = TimeSpan.FromMilliseconds(60), ListeningTick = ListeningTick }));
            if (person < MediaPlan.Speakers)
            {
                await joining[person].ConfigureAwait(false);
                await crowd.UntilAsync("the speakers are connected", members => members.All(member => member.IsSettled), Limit).ConfigureAwait(false);
            }

            await Task.Delay(BetweenJoins).ConfigureAwait(false);
        }

        var joined = await Task.WhenAll(joining).ConfigureAwait(false);
        await crowd.UntilAsync("everybody hears somebody", members => members.All(member => member.Dropped is not null || member.FirstSoundAt is not null), Limit).ConfigureAwait(false);
        var failed = joined.Count(one => one is null);
        return await crowd.ReadAsync(_ =>
        {
            var listeners = joined.OfType<(Member Member, TimeSpan Requested)>().ToList();
            var refused = listeners.Where(one => one.Member.Dropped is not null || one.Member.Errors.Count > 0).ToList();
            refused.ForEach(one => Console.Error.WriteLine($"person {one.Member.Plan.Person}: {one.Member.Dropped}; {string.Join("; ", one.Member.Errors)}"));
            var times = listeners.Where(one => !one.Member.Plan.IsLoud && one.Member.FirstSoundAt is not null).Select(one => (one.Member.FirstSoundAt!.Value - one.Requested).TotalSeconds).Order().ToList();
            var slowest = listeners.Where(one => one.Member.FirstSoundAt is not null).OrderByDescending(one => one.Member.FirstSoundAt!.Value - one.Requested).Take(10);
            Console.Error.WriteLine($"span: longest joins of {string.Join(", ", slowest.Select(one => $"person {one.Member.Plan.Person} {(one.Member.FirstSoundAt!.Value - one.Requested).TotalSeconds:0.00} s"))}");
            return (times, failed + refused.Count);
        }).ConfigureAwait(false);
    }

    private static async Task<(Member Member, TimeSpan Requested)?> JoinAsync(Crowd crowd, MediaPlan plan)
    {
        var requested = crowd.Now;
        try
        {
            return (await crowd.JoinAsync(plan).ConfigureAwait(false), requested);
        }
        catch (Exception e) when (e is InvalidOperationException or HttpRequestException or System.Net.WebSockets.WebSocketException)
        {
            await Console.Error.WriteLineAsync($"person {plan.Person}: {e.Message}").ConfigureAwait(false);
            return null;
        }
    }

    /// <summary>All but two speakers and a listener leave, in a random order. Returns how many were dropped meanwhile.</summary>
    private static async Task<int> ShrinkAsync(Installation installation, Crowd crowd)
    {
        var members = await crowd.ReadAsync(all => all.Where(member => member.Dropped is null).ToArray()).ConfigureAwait(false);
        new Random(1).Shuffle(members);
        var staying = members.Where(member => member.Plan.IsLoud).Take(2).Append(members.First(member => !member.Plan.IsLoud)).ToHashSet(); // a speaker alone would hear nobody
        await crowd.BeginAsync().ConfigureAwait(false);
        foreach (var member in members.Where(member => !staying.Contains(member)))
        {
            await crowd.LeaveAsync(member).ConfigureAwait(false);
            await Task.Delay(BetweenLeaves).ConfigureAwait(false);
        }

        await installation.MeetingAsync(crowd, "the meeting is on one media node", meeting => meeting.Status!.Assignments is [{ State: AssignmentState.Ready }]).ConfigureAwait(false);
        await crowd.EndAsync().ConfigureAwait(false);
        var dropped = await crowd.ReadAsync(all => all.Where(member => member.Dropped is not null).ToArray()).ConfigureAwait(false);
        foreach (var member in dropped)
        {
            await Console.Error.WriteLineAsync($"dropped while the meeting shrank: person {member.Plan.Person}: {member.Dropped}").ConfigureAwait(false);
        }

        return dropped.Length;
    }
}
