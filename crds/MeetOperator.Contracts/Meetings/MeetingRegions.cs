using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>Where a meeting's media is carried.</summary>
[CelRule("!has(self.pin) || !self.pin || (has(self.allowed) && size(self.allowed) > 0)", MeetingValidation.PinNeedsAllowed, FieldPath = ".allowed")]
[CelRule("!has(self.allowed) || size(self.allowed) == 0 || !has(self.preferred) || self.preferred.all(r, r in self.allowed)", MeetingValidation.PreferredOutsideAllowed, FieldPath = ".preferred")]
public sealed record MeetingRegions
{
    /// <summary>Regions to try first, best first, at most 16. Default none: the tenant's default region; mutable.</summary>
    [MaxItems(16)]
    [MaxLength(63)]
    [MinLength(1)]
    [Default("[]")]
    public IReadOnlyList<string> Preferred { get; init; } = [];

    /// <summary>The only regions that may carry the meeting, at most 16. Default none: every region of the tenant; mutable.</summary>
    [MaxItems(16)]
    [MaxLength(63)]
    [MinLength(1)]
    [Default("[]")]
    public IReadOnlyList<string> Allowed { get; init; } = [];

    /// <summary>True keeps a meeting that must be placed again in the region where it was first placed. Default false; mutable.</summary>
    [Default("false")]
    public bool Pin { get; init; }
}
