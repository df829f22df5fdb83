using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>Limits for what a tenant may use at the same time.</summary>
public sealed record TenantQuotas
{
    /// <summary>Most meetings that are open at the same time, 0 to 1000000; later ones wait. Optional; default no limit; mutable.</summary>
    [Range(0, 1_000_000)]
    public int? ConcurrentMeetings { get; init; }

    /// <summary>Most people of each meeting, 1 to 5000; a meeting that asks for more is refused, an open one holds no more. Optional; default no limit; mutable.</summary>
    [Range(1, 5000)]
    public int? ParticipantsPerMeeting { get; init; }
}
