using MeetOperator.Bench.Move.People;

namespace MeetOperator.Bench.Move;

/// <summary>
/// Two people in each of some meetings of a running installation. A script that changes something meanwhile starts it (<c>tests/cluster/timing.mjs</c>): it prints <c>ready</c> once everybody
/// sees and hears the other, and measures until it reads a line from standard input. Arguments: <c>--url URL</c>, the address of signaling, and <c>--meetings ID,ID…</c>.
/// </summary>
internal sealed class PeopleBench : IBenchVerb
{
    private const int People = 2;

    /// <summary>Many meetings beside a cluster on one machine: looking every millisecond would take the processor time that the media nodes need.</summary>
    private const int Tick = 5;

    public string Name => "people";

    public string Help => "what people in meetings notice until a line arrives on the standard input: --url URL --meetings ID,ID…";

    public async IAsyncEnumerable<Figure> RunAsync(string[] arguments)
    {
        var url = new Uri(BenchArguments.Value(arguments, "--url") ?? throw new ArgumentException("--url is missing."));
        var meetings = BenchArguments.Value(arguments, "--meetings")?.Split(',') ?? throw new ArgumentException("--meetings is missing.");
        using var http = new HttpClient();
        var crowds = meetings.Select(meeting => new Crowd(http, url, meeting, Tick)).ToArray();
        try
        {
            foreach (var crowd in crowds)
            {
                for (ushort person = 0; person < People; person++)
                {
                    await crowd.JoinAsync(new MediaPlan(person) { MayReconnect = true, IsLocal = false }).ConfigureAwait(false);
                }
            }

            await OfEachAsync(crowds, Gathering.SettledAsync).ConfigureAwait(false);
            await OfEachAsync(crowds, Gathering.SteadyAsync).ConfigureAwait(false);
            await OfEachAsync(crowds, crowd => crowd.BeginAsync()).ConfigureAwait(false);
            Console.WriteLine("ready");
            await Console.In.ReadLineAsync().ConfigureAwait(false);
            await OfEachAsync(crowds, Gathering.SettleOrDropAsync).ConfigureAwait(false);
            var noticed = await Task.WhenAll(crowds.Select(crowd => crowd.EndAsync())).ConfigureAwait(false);
            var dropped = await Task.WhenAll(crowds.Select(DescribeDroppedAsync)).ConfigureAwait(false);
            foreach (var line in crowds.Select((crowd, index) => $"{crowd.Meeting}: {noticed[index]}").Concat(dropped.SelectMany(lines => lines)))
            {
                await Console.Error.WriteLineAsync(line).ConfigureAwait(false);
            }

            var gaps = noticed.SelectMany(one => one.Gaps).ToArray();
            yield return new Figure("people.dropped", dropped.Sum(lines => lines.Count), "people");
            yield return new Figure("people.audio-gap", gaps.Select(gap => gap.Sound).DefaultIfEmpty().Max(), "ms");
            yield return new Figure("people.video-freeze", gaps.Select(gap => gap.Picture).DefaultIfEmpty().Max(), "ms");
        }
        finally
        {
            foreach (var crowd in crowds)
            {
                await crowd.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static Task OfEachAsync(Crowd[] crowds, Func<Crowd, Task> run) => Task.WhenAll(crowds.Select(run));

    private static Task<IReadOnlyList<string>> DescribeDroppedAsync(Crowd crowd) => crowd.ReadAsync<IReadOnlyList<string>>(members =>
        [.. members.Where(member => member.Dropped is not null).Select(member => $"{crowd.Meeting}: dropped: {member.Describe()}")]);
}
