using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Kube.Metadata;
using MeetOperator.KubectlMeet.Output;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>Colors of states.</summary>
internal static class Tones
{
    public static Cell Of(SfuNodeState? state) => new($"{state}", state switch
    {
        SfuNodeState.Ready or SfuNodeState.Allocated => Tone.Good,
        SfuNodeState.Unhealthy => Tone.Bad,
        _ => Tone.Warning,
    });

    public static Cell Of(MeetingPhase? phase) => new($"{phase}", phase switch
    {
        MeetingPhase.Ready or MeetingPhase.Active => Tone.Good,
        MeetingPhase.Failed => Tone.Bad,
        MeetingPhase.Ended => Tone.Plain,
        _ => Tone.Warning,
    });

    public static Cell Of(Condition condition) => new($"{condition.Status}", condition.Status == ConditionStatus.True ? Tone.Good : Tone.Warning);

    public static Cell OfPercent(int value, int limit) => new($"{value} %", value >= limit ? Tone.Bad : Tone.Plain);
}
