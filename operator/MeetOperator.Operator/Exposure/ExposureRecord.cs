using MeetOperator.Stun;

namespace MeetOperator.Operator.Exposure;

/// <summary>The exchanges with one target so far. Immutable.</summary>
internal sealed record ExposureRecord
{
    /// <summary>Exchanges in a row that must fail, each of them with three requests over UDP.</summary>
    public const int FailuresUntilFailed = 3;

    public static readonly ExposureRecord None = new();

    /// <summary>When the last exchange ended, by a clock that never jumps; null before the first.</summary>
    public TimeSpan? At { get; private init; }

    /// <summary>How the last one ended.</summary>
    public BindingResult? Last { get; private init; }

    /// <summary>Exchanges that failed since the last that was answered.</summary>
    public int Failures { get; private init; }

    public bool HasAnswered { get; private init; }

    public ExposureState State =>
        Last?.Outcome == BindingOutcome.NoRoute ? ExposureState.NotMeasured
        : Failures >= FailuresUntilFailed ? ExposureState.Fails
        : HasAnswered ? ExposureState.Answers
        : ExposureState.Undecided;

    /// <summary>Whether the next exchange decides about the state, so that it comes sooner.</summary>
    public bool IsDoubtful => Failures is > 0 and < FailuresUntilFailed;

    public ExposureRecord With(BindingResult result, TimeSpan at) => result.Outcome switch
    {
        BindingOutcome.Answered => new ExposureRecord { At = at, Last = result, HasAnswered = true },
        BindingOutcome.NoRoute => new ExposureRecord { At = at, Last = result },
        _ => this with { At = at, Last = result, Failures = Math.Min(Failures + 1, FailuresUntilFailed) },
    };
}
