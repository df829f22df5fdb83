using System.Net;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Exposure;
using MeetOperator.Stun;

namespace MeetOperator.Operator.Tests.Exposure;

/// <summary>How many exchanges run, and in which order.</summary>
public sealed class ExposureScheduleTests
{
    private readonly Dictionary<ExposureTarget, ExposureRecord> _records = [];

    [Fact]
    public void FindDue_HundredMediaNodes_StayWithinTheLimits()
    {
        var targets = Targets("big", 900);

        Assert.Equal(ExposureSchedule.MaxStarted, Due(targets, running: 0).Count);
        Assert.Equal(10, Due(targets, running: ExposureSchedule.MaxRunning - 10).Count);
        Assert.Empty(Due(targets, running: ExposureSchedule.MaxRunning));
    }

    /// <summary>All of them are measured in turn, and a small pool does not wait for a second round of a large one.</summary>
    [Fact]
    public void FindDue_LargeAndSmallPool_MeasuresEachBeforeAnyTwice()
    {
        ExposureTarget[] targets = [.. Targets("big", 900), .. Targets("small", 2)];
        var measured = new List<ExposureTarget>();
        for (var second = 0; measured.Count < targets.Length; second++)
        {
            Assert.InRange(second, 0, 30);
            foreach (var target in Due(targets, at: TimeSpan.FromSeconds(second)))
            {
                measured.Add(target);
                _records[target] = ExposureRecord.None.With(new BindingResult(BindingOutcome.Answered), TimeSpan.FromSeconds(second));
            }
        }

        Assert.Equal(targets.Length, measured.Distinct().Count());
    }

    [Theory]
    [InlineData(BindingOutcome.Answered, 1, 30)]
    [InlineData(BindingOutcome.NoAnswer, 1, 5)] // doubtful
    [InlineData(BindingOutcome.NoAnswer, 2, 5)]
    [InlineData(BindingOutcome.NoAnswer, 3, 30)] // decided
    [InlineData(BindingOutcome.NoRoute, 1, 30)]
    public void FindDue_AfterAnExchange_WaitsForTheInterval(BindingOutcome outcome, int times, int seconds)
    {
        var target = Targets("p", 1)[0];
        _records[target] = Enumerable.Range(0, times).Aggregate(ExposureRecord.None, (record, _) => record.With(new BindingResult(outcome), TimeSpan.FromSeconds(100)));

        Assert.Empty(Due([target], at: TimeSpan.FromSeconds(100 + seconds - 1)));
        Assert.Equal([target], Due([target], at: TimeSpan.FromSeconds(100 + seconds)));
    }

    [Fact]
    public void FindDue_ExchangeThatRuns_IsNotStartedAgain()
    {
        var targets = Targets("p", 2);

        Assert.Equal([targets[1]], ExposureSchedule.FindDue(targets, _ => ExposureRecord.None, target => target == targets[0], 1, TimeSpan.Zero));
    }

    private static ExposureTarget[] Targets(string pool, int count) =>
        [.. Enumerable.Range(0, count).Select(each => new ExposureTarget(new NamespacedName("meet-a", pool), $"n{each}", new IPEndPoint(IPAddress.Parse("10.0.0.1"), 1024 + each), StunTransport.Udp))];

    private IReadOnlyList<ExposureTarget> Due(ExposureTarget[] targets, int running = 0, TimeSpan at = default) =>
        ExposureSchedule.FindDue(targets, target => _records.GetValueOrDefault(target, ExposureRecord.None), _ => false, running, at);
}
