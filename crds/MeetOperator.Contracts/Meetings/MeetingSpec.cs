using MeetOperator.Kube;

namespace MeetOperator.Contracts;

/// <summary>What is wanted of a meeting.</summary>
[CelRule("self.tenantRef == oldSelf.tenantRef", MeetingValidation.TenantImmutable, FieldPath = ".tenantRef")]
[CelRule("oldSelf.desiredState != 'Ended' || self.desiredState == 'Ended'", MeetingValidation.EndedIsFinal, FieldPath = ".desiredState")]
[CelRule("self.mode != 'P2P' || self.maxParticipants <= 4", MeetingValidation.P2PIsSmall, FieldPath = ".maxParticipants")]
public sealed record MeetingSpec
{
    /// <summary>The tenant that the meeting belongs to; it must own the namespace that the meeting is in. Required; immutable.</summary>
    [RequiredField]
    public TenantReference TenantRef { get; init; } = new();

    /// <summary>Title that people see, 1 to 200 characters. Optional; default is the object's name; mutable.</summary>
    [MaxLength(200)]
    [MinLength(1)]
    public string? Title { get; init; }

    /// <summary>Active keeps the meeting open, Ended ends it for everybody and cannot be taken back. Default Active.</summary>
    [Default("\"Active\"")]
    public MeetingDesiredState DesiredState { get; init; } = MeetingDesiredState.Active;

    /// <summary>Most people at the same time, 1 to 5000; who comes later is refused. Default 100; mutable.</summary>
    [Range(1, 5000)]
    [Default("100")]
    public int MaxParticipants { get; init; } = 100;

    /// <summary>How media travels: Sfu through a media node, P2P directly between at most 4 people, Auto as fits. Default Auto; mutable.</summary>
    [Default("\"Auto\"")]
    public MeetingMode Mode { get; init; } = MeetingMode.Auto;

    /// <summary>Where the meeting's media may and should be carried. Default any region that the tenant allows; mutable.</summary>
    [Default("{}")]
    public MeetingRegions Regions { get; init; } = new();

    /// <summary>Which media nodes may carry the meeting and how they are chosen. Mutable; acts on the next placement.</summary>
    [Default("{}")]
    public MeetingPlacement Placement { get; init; } = new();

    /// <summary>What people may do when they come in. Mutable; acts on those who join later.</summary>
    [Default("{}")]
    public MeetingAccess Access { get; init; } = new();

    /// <summary>Rules for audio and video of the meeting. Mutable; acts on the next placement.</summary>
    [Default("{}")]
    public MeetingMedia Media { get; init; } = new();

    /// <summary>When the meeting ends by itself and when the object is removed. Mutable.</summary>
    [Default("{}")]
    public MeetingLifecycle Lifecycle { get; init; } = new();

    /// <summary>Subject of the person who made the meeting and hosts it, as the sign-in names it. Optional; mutable.</summary>
    [MaxLength(256)]
    [MinLength(1)]
    public string? HostSubject { get; init; }
}
