using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Tenants;

/// <summary>The regions that a tenant's meetings may use.</summary>
[CelRule("!has(self.allowed) || size(self.allowed) == 0 || !has(self.default) || self.default in self.allowed", TenantValidation.DefaultOutsideAllowed, FieldPath = ".default")]
public sealed record TenantRegions
{
    /// <summary>The only regions that may carry the tenant's meetings, at most 16. Open meetings in other regions stay but accept no new participants. Default every region; mutable.</summary>
    [MaxItems(16)]
    [MaxLength(63)]
    [MinLength(1)]
    [Default("[]")]
    public IReadOnlyList<string> Allowed { get; init; } = [];

    /// <summary>Region to try first for meetings without a preference. Optional; must be in allowed if that is set; mutable.</summary>
    [MaxLength(63)]
    [MinLength(1)]
    public string? Default { get; init; }

    /// <summary>
    /// The region of participants whose join request names none, by the address that they join from; at most 256. The longest prefix that contains the address decides. Participants
    /// use media nodes in their region where the meeting has one. Default none; mutable.
    /// </summary>
    [MaxItems(256)]
    [ListMapKey("cidr")]
    [Default("[]")]
    public IReadOnlyList<TenantNetwork> Networks { get; init; } = [];
}
