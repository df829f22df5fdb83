using System.Diagnostics;
using System.Globalization;
using MeetOperator.Contracts.Meetings;
using MeetOperator.NodeControl.Testing;

namespace MeetOperator.Bench.Operator;

/// <summary>
/// Counts at the API server what an operator process writes while each of 10,000 meetings has one join or leave a minute: first in meetings that go between no participants and one,
/// so that each change is a transition between the phases Ready and Active, then in meetings of two to six, whose figures alone change.
/// <para>
/// <c>writes.per-second</c> and <c>writes.transitions</c> are status writes of Meetings a second in the busiest 10 s, whenever they begin. A single second can have twice as many: when the API server
/// or the operator has stood still for half a second, as in a garbage collection, what was due then is written in the next half, and first participants are always written at once.
/// <c>writes.all</c> is the average of all writes of the operator, in the load in which it is higher.
/// </para>
/// </summary>
internal static class WriteRate
{
    private const int Meetings = 10_000;
    private const int MediaNodes = 50;
    private const int Seed = 20261128;
    private const int Limit = 100;
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RestLimit = TimeSpan.FromMinutes(5);

    public static async Task<IReadOnlyList<Figure>> MeasureAsync(bool cluster)
    {
        if (cluster)
        {
            return [new Figure("writes.per-second", null, "1/s", Limit) { Skipped = "writes are counted in the embedded API server: run it without --cluster" }];
        }

        using var writes = new ServerWrites();
        var stage = await OperatorStage.StartAsync(await StageServer.EmbeddedAsync().ConfigureAwait(false), new StageSize(Processes: 1, MediaNodes)).ConfigureAwait(false);
        await using (stage.ConfigureAwait(false))
        {
            using var watch = new MeetingWatch(stage.Meetings);
            await StageMeetings.LoadAsync(stage, watch, Meetings).ConfigureAwait(false);
            await RestAsync(writes).ConfigureAwait(false);
            var people = new People(stage);
            people.SetAll(0, 1);
            await SettleAsync(writes, people).ConfigureAwait(false);
            var transitions = await ChurnAsync(stage, writes, people, 0, 1).ConfigureAwait(false);
            people.SetAll(2, 6);
            await SettleAsync(writes, people).ConfigureAwait(false);
            var figures = await ChurnAsync(stage, writes, people, 2, 6).ConfigureAwait(false);
            await SettleAsync(writes, people).ConfigureAwait(false);
            return
            [
                new Figure("writes.per-second", figures.Meetings, "1/s", Limit),
                new Figure("writes.transitions", transitions.Meetings, "1/s", Limit),
                new Figure("writes.all", Math.Max(figures.All, transitions.All), "1/s", Limit),
            ];
        }
    }

    /// <summary>Lets the meetings change for <see cref="Measured"/>, and counts the writes in this time.</summary>
    /// <returns>The status writes of Meetings a second in the busiest <see cref="Window"/>, and the average of all writes a second.</returns>
    private static async Task<(double Meetings, double All)> ChurnAsync(OperatorStage stage, ServerWrites writes, People people, int least, int most)
    {
        var (from, processor, own) = (Stopwatch.GetTimestamp(), stage.ProcessorTime, Environment.CpuUsage.TotalTime);
        var delay = await people.ChangeAsync(least, most, Measured).ConfigureAwait(false);
        var (took, all) = (Stopwatch.GetElapsedTime(from), writes.Since(from));
        var meetings = all.Where(static write => write.Resource == ServerWrites.MeetingStatuses).ToArray();
        if (meetings is [])
        {
            throw new InvalidOperationException("No status write of a meeting arrived at the API server.");
        }

        var busiest = ServerWrites.Busiest(meetings, Window);
        await ReportAsync($"""
            {least} to {most} people: {meetings.Length / took.TotalSeconds:0.0} status writes of meetings a second, {busiest:0.0} a second in the busiest {Window.TotalSeconds:0} s, {ServerWrites.Busiest(meetings, TimeSpan.FromSeconds(1)):0} in the busiest second
              all writes a second: {all.Count / took.TotalSeconds:0.0}, {ServerWrites.Busiest(all, TimeSpan.FromSeconds(1)):0} in the busiest second; {ServerWrites.Describe(all, took)}
              processors in use: operator {(stage.ProcessorTime - processor) / took:0.00}, API server and media nodes {(Environment.CpuUsage.TotalTime - own) / took:0.00}; a change was late by at most {delay.TotalSeconds:0.00} s
            """).ConfigureAwait(false);
        return (busiest, all.Count / took.TotalSeconds);
    }

    /// <summary>Waits until the statuses show the participants of all meetings, and the operator is at rest.</summary>
    private static async Task SettleAsync(ServerWrites writes, People people)
    {
        var started = Stopwatch.GetTimestamp();
        while (people.CountDifferences() > 0)
        {
            if (Stopwatch.GetElapsedTime(started) > RestLimit)
            {
                throw new InvalidOperationException($"{people.CountDifferences()} statuses still show another number of participants than their media nodes.");
            }

            await Task.Delay(100).ConfigureAwait(false);
        }

        await ReportAsync($"all statuses were right {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s after the last change").ConfigureAwait(false);
        await RestAsync(writes).ConfigureAwait(false);
    }

    /// <summary>Waits until no meeting has been written for <see cref="Quiet"/>.</summary>
    private static async Task RestAsync(ServerWrites writes)
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < Quiet || writes.Since(Stopwatch.GetTimestamp() - (long)(Quiet.TotalSeconds * Stopwatch.Frequency)).Any(static write => write.Resource.StartsWith("meetings", StringComparison.Ordinal)))
        {
            if (Stopwatch.GetElapsedTime(started) > RestLimit)
            {
                throw new InvalidOperationException("The operator still writes statuses of meetings although nothing changes.");
            }

            await Task.Delay(200).ConfigureAwait(false);
        }

        await ReportAsync($"at rest after {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s").ConfigureAwait(false);
    }

    private static Task ReportAsync(FormattableString line) => Console.Error.WriteLineAsync(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>Sets how many participants the simulated media nodes report for each meeting.</summary>
    private sealed class People(OperatorStage stage)
    {
        private readonly Random _random = new(Seed);
        private readonly IReadOnlyDictionary<string, SimulatedMediaNode> _nodes = stage.NodesOfRooms();
        private readonly string[] _rooms = [.. Enumerable.Range(0, Meetings).Select(meeting => MeetingId.Of(Find(stage, meeting)!))];
        private readonly int[] _counts = new int[Meetings];

        public void SetAll(int least, int most)
        {
            for (var meeting = 0; meeting < Meetings; meeting++)
            {
                Set(meeting, _random.Next(least, most + 1));
            }
        }

        /// <summary>Somebody joins or leaves each meeting once a minute. The changes are spread evenly over each minute, in another order each time.</summary>
        /// <returns>The longest time by which a change was late.</returns>
        public async Task<TimeSpan> ChangeAsync(int least, int most, TimeSpan duration)
        {
            var (started, order, late) = (Stopwatch.GetTimestamp(), Enumerable.Range(0, Meetings).ToArray(), TimeSpan.Zero);
            for (var change = 0; change * Minute / Meetings < duration; change++)
            {
                if (change % Meetings == 0)
                {
                    _random.Shuffle(order);
                }

                var due = change * Minute / Meetings;
                while (Stopwatch.GetElapsedTime(started) < due)
                {
                    await Task.Delay(5).ConfigureAwait(false);
                }

                var (meeting, elapsed) = (order[change % Meetings], Stopwatch.GetElapsedTime(started));
                late = elapsed - due > late ? elapsed - due : late;
                var joins = _counts[meeting] == least || (_counts[meeting] < most && _random.Next(2) == 0);
                Set(meeting, _counts[meeting] + (joins ? 1 : -1));
            }

            return late;
        }

        /// <summary>Meetings whose status shows another number of participants.</summary>
        public int CountDifferences() =>
            Enumerable.Range(0, Meetings).Count(meeting => Find(stage, meeting)?.Status?.Participants != _counts[meeting]);

        private static Meeting? Find(OperatorStage stage, int meeting) => stage.Meetings.Get(StageMeetings.Key(StageMeetings.LiveName(meeting)));

        private void Set(int meeting, int count)
        {
            _nodes[_rooms[meeting]].SetParticipants(_rooms[meeting], count);
            _counts[meeting] = count;
        }
    }
}
