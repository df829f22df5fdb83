using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Meetings;

/// <summary>The regions that may carry a meeting's media.</summary>
[CelRule("!has(self.pin) || !self.pin || (has(self.allowed) && size(self.allowed) > 0)", MeetingValidation.PinNeedsAllowed, FieldPath = ".allowed")]
[CelRule("!has(self.allowed) || size(self.allowed) == 0 || !has(self.preferred) || self.preferred.all(r, r in self.allowed)", MeetingValidation.PreferredOutsideAllowed, FieldPath = ".preferred")]
public sealed record MeetingRegions
{
    /// <summary>Regions to try first, most preferred first, at most 16. Default none, which uses the tenant's default region; mutable.</summary>
    [MaxItems(16)]
    [MaxLength(63)]
    [MinLength(1)]
    [Default("[]")]
    public IReadOnlyList<string> Preferred { get; init; } = [];

    /// <summary>The only regions that may carry the meeting, at most 16. Default none, which allows every region of the tenant; mutable.</summary>
    [MaxItems(16)]
    [MaxLength(63)]
    [MinLength(1)]
    [Default("[]")]
    public IReadOnlyList<string> Allowed { get; init; } = [];

    /// <summary>When true, a meeting that is placed again stays in its first region. Default false; mutable.</summary>
    [Default("false")]
    public bool Pin { get; init; }
}
