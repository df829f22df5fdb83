namespace MeetOperator.Bench.Move.People;

/// <summary>The longest time, in milliseconds, without new sound of one who speaks, without a newer picture of one who is seen, and without any packet.</summary>
internal readonly record struct Gaps(double Sound, double Picture, double Silence);

/// <summary>What people have noticed during an observation.</summary>
/// <param name="Gaps">Of each person.</param>
/// <param name="Pause">The longest pause of the bench, which sends nothing meanwhile.</param>
internal sealed record Noticed(IReadOnlyList<Gaps> Gaps, TimeSpan Pause)
{
    public override string ToString() =>
        $"longest gap of sound {Gaps.Select(gap => gap.Sound).DefaultIfEmpty().Max():0} ms, of pictures {Gaps.Select(gap => gap.Picture).DefaultIfEmpty().Max():0} ms; "
        + $"the bench paused for {Pause.TotalMilliseconds:0} ms";
}
