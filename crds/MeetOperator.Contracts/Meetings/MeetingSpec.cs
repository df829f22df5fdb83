using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.Meetings;

/// <summary>Desired state of a meeting.</summary>
[CelRule("self.tenantRef == oldSelf.tenantRef", MeetingValidation.TenantImmutable, FieldPath = ".tenantRef")]
[CelRule("oldSelf.desiredState != 'Ended' || self.desiredState == 'Ended'", MeetingValidation.EndedIsFinal, FieldPath = ".desiredState")]
[CelRule("self.mode != 'P2P' || self.maxParticipants <= 4", MeetingValidation.P2PIsSmall, FieldPath = ".maxParticipants")]
[CelRule("self.media.e2ee == oldSelf.media.e2ee", MeetingValidation.E2eeImmutable, FieldPath = ".media.e2ee")]
[CelRule("self.media.e2ee != 'Required' || self.maxParticipants <= 100", MeetingValidation.E2eeIsSmall, FieldPath = ".maxParticipants")]
public sealed record MeetingSpec
{
    /// <summary>The tenant that the meeting belongs to. The tenant must own the meeting's namespace. Required; immutable.</summary>
    [RequiredField]
    public TenantReference TenantRef { get; init; } = new();

    /// <summary>Title shown to participants, 1 to 200 characters. Optional; default the object's name; mutable.</summary>
    [MaxLength(200)]
    [MinLength(1)]
    public string? Title { get; init; }

    /// <summary>Active keeps the meeting open. Ended ends it for all participants and cannot be reverted. Default Active.</summary>
    [Default("\"Active\"")]
    public MeetingDesiredState DesiredState { get; init; } = MeetingDesiredState.Active;

    /// <summary>Maximum number of concurrent participants, 1 to 5000. Further participants are rejected. Default 100; mutable.</summary>
    [Range(1, 5000)]
    [Default("100")]
    public int MaxParticipants { get; init; } = 100;

    /// <summary>How media is sent: Sfu through a media node, P2P directly between at most 4 participants, Auto chooses between both. If the tenant denies direct connections, Auto uses media nodes only, and P2P is not accepted. Default Auto; mutable.</summary>
    [Default("\"Auto\"")]
    public MeetingMode Mode { get; init; } = MeetingMode.Auto;

    /// <summary>In mode Auto, up to this number of participants send media directly to each other, 2 to 4, which shows them each other's IP addresses. Default 2; mutable.</summary>
    [Range(2, 4)]
    [Default("2")]
    public int P2pMaxParticipants { get; init; } = 2;

    /// <summary>The allowed and preferred regions for the meeting's media. Default any region that the tenant allows; mutable.</summary>
    [Default("{}")]
    public MeetingRegions Regions { get; init; } = new();

    /// <summary>Which media nodes may carry the meeting and how they are chosen. Mutable; takes effect at the next placement, except moveTo.</summary>
    [Default("{}")]
    public MeetingPlacement Placement { get; init; } = new();

    /// <summary>When the meeting uses more than one media node. Mutable; takes effect at once.</summary>
    [Default("{}")]
    public MeetingScale Scale { get; init; } = new();

    /// <summary>Rules for participants who join. Mutable; applies to participants who join later.</summary>
    [Default("{}")]
    public MeetingAccess Access { get; init; } = new();

    /// <summary>Settings for audio and video. Mutable except e2ee; takes effect at the next placement.</summary>
    [Default("{}")]
    public MeetingMedia Media { get; init; } = new();

    /// <summary>When the meeting ends automatically, and when its object is deleted. Mutable.</summary>
    [Default("{}")]
    public MeetingLifecycle Lifecycle { get; init; } = new();

    /// <summary>Subject of the user who created and hosts the meeting, from the identity provider. Optional; mutable.</summary>
    [MaxLength(256)]
    [MinLength(1)]
    public string? HostSubject { get; init; }
}
