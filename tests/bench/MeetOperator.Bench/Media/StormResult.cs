namespace MeetOperator.Bench.Media;

/// <summary>What <see cref="JoinStorm"/> measures.</summary>
/// <param name="PauseMilliseconds">The longest time in which the loop did not read its socket.</param>
/// <param name="DelayP99Milliseconds">The delay of packets of another room on the same loop, 99th percentile.</param>
/// <param name="DelayMaxMilliseconds">The longest of these delays.</param>
/// <param name="IdleMicroseconds">Processor time of the node per second and participant after the storm, when everybody is muted and sends nothing.</param>
/// <param name="SilentMicroseconds">The same when everybody is muted and sends the silence of a microphone.</param>
/// <param name="IdleKibibytes">Resident memory of the node per participant, compared with before the storm.</param>
internal sealed record StormResult(double PauseMilliseconds, double DelayP99Milliseconds, double DelayMaxMilliseconds, double IdleMicroseconds, double SilentMicroseconds, double IdleKibibytes)
{
    /// <summary>The median of each figure. Throws without results.</summary>
    public static StormResult Median(IReadOnlyList<StormResult> results)
    {
        double Of(Func<StormResult, double> figure) => results.Select(figure).Order().ElementAt(results.Count / 2);
        return new StormResult(Of(r => r.PauseMilliseconds), Of(r => r.DelayP99Milliseconds), Of(r => r.DelayMaxMilliseconds), Of(r => r.IdleMicroseconds), Of(r => r.SilentMicroseconds), Of(r => r.IdleKibibytes));
    }

    public IReadOnlyList<Figure> Figures =>
    [
        new("join-storm.pause", PauseMilliseconds, "ms"),
        new("join-storm.delay", DelayP99Milliseconds, "ms p99", 5),
        new("join-storm.delay.max", DelayMaxMilliseconds, "ms", 20),
        new("idle.cpu", IdleMicroseconds, "us/s", 100),
        new("idle.silence", SilentMicroseconds, "us/s"),
        new("idle.memory", IdleKibibytes, "KiB", 750),
    ];
}
