using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Tenants;

/// <summary>The question about the call that participants are asked at the end.</summary>
public sealed record TenantSurvey
{
    /// <summary>Whether participants are asked how the call was when they leave or the meeting ends. Applies to participants who join or reconnect later. Default false; mutable.</summary>
    [Default("false")]
    public bool Enabled { get; init; }
}
