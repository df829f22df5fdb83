using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Kinds.Meetings;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Operator.Tests.Meetings;

public sealed class AcceptRulesTests
{
    [Fact]
    public void FindRejection_TenantOwnsNamespace_ReturnsNull() => Assert.Null(AcceptRules.FindRejection(Meeting(), Tenant(), "a"));

    [Fact]
    public void FindRejection_NoTenant_ReturnsPending() => Expect("TenantNotFound", MeetingPhase.Pending, AcceptRules.FindRejection(Meeting(), null, null));

    [Fact]
    public void FindRejection_NamespaceNotOwned_ReturnsFailed() => Expect("TenantMismatch", MeetingPhase.Failed, AcceptRules.FindRejection(Meeting(), Tenant(), "b"));

    [Fact]
    public void FindRejection_NamespaceOfAnotherTenant_ReturnsFailed() => Expect("TenantMismatch", MeetingPhase.Failed, AcceptRules.FindRejection(Meeting(), Tenant(@namespace: "meet-b"), "a"));

    [Fact]
    public void FindRejection_InvalidSpec_ReturnsField()
    {
        var rejection = AcceptRules.FindRejection(Meeting(new MeetingSpec { Mode = MeetingMode.P2P }), Tenant(), "a");

        Expect("Invalid", MeetingPhase.Failed, rejection);
        Assert.Contains("spec.maxParticipants", rejection!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FindRejection_ParticipantsAboveQuota_ReturnsQuotaExceeded() =>
        Expect("QuotaExceeded", MeetingPhase.Pending, AcceptRules.FindRejection(Meeting(), Tenant(new TenantSpec { Quotas = new TenantQuotas { ParticipantsPerMeeting = 99 } }), "a"));

    [Fact]
    public void FindRejection_NoCommonRegion_ReturnsRegionConflict() => Expect("RegionConflict", MeetingPhase.Pending, AcceptRules.FindRejection(
        Meeting(new MeetingSpec { Regions = new MeetingRegions { Allowed = ["us-west"] } }), Tenant(new TenantSpec { Regions = new TenantRegions { Allowed = ["eu-north"] } }), "a"));

    [Theory]
    [InlineData(MeetingMode.P2P, true)]
    [InlineData(MeetingMode.Auto, false)]
    [InlineData(MeetingMode.Sfu, false)]
    public void FindRejection_DirectConnectionsDenied_RejectsOnlyP2P(MeetingMode mode, bool isRejected)
    {
        var meeting = Meeting(new MeetingSpec { Mode = mode, MaxParticipants = 4 });
        var rejection = AcceptRules.FindRejection(meeting, Tenant(new TenantSpec { Connectivity = new TenantConnectivity { DirectConnections = DirectConnections.Denied } }), "a");

        Assert.Null(AcceptRules.FindRejection(meeting, Tenant(), "a"));
        Assert.Equal(isRejected, rejection is not null);
        if (isRejected)
        {
            Expect("DirectConnectionsDenied", MeetingPhase.Pending, rejection);
            Assert.Equal("mode P2P connects participants directly, which tenant a denies (connectivity.directConnections): set spec.mode to Auto or Sfu", rejection!.Message);
        }
    }

    [Fact]
    public void From_RegionsOfMeetingAndTenant_AreIntersected()
    {
        var meeting = Meeting(new MeetingSpec { Regions = new MeetingRegions { Allowed = ["us-west", "eu-north"] } });

        var demand = MeetingDemands.From(meeting, Tenant(new TenantSpec { Regions = new TenantRegions { Allowed = ["eu-north", "eu-west"], Default = "eu-west" } }), null);

        Assert.Equal("eu-north", demand.AllowedRegions.ToString());
        Assert.Equal(["eu-west"], demand.PreferredRegions);
    }

    [Fact]
    public void From_NoCommonRegion_AllowsNone()
    {
        var meeting = Meeting(new MeetingSpec { Regions = new MeetingRegions { Allowed = ["eu"] } });

        var demand = MeetingDemands.From(meeting, Tenant(new TenantSpec { Regions = new TenantRegions { Allowed = ["us"] } }), null);

        Assert.True(demand.AllowedRegions.IsNone);
        Assert.All((string?[])["eu", "us", "ap", null], region => Assert.False(demand.AllowedRegions.Contains(region)));
        Assert.True(MeetingDemands.From(meeting, null, null).AllowedRegions.IsNone);
    }

    private static void Expect(string reason, MeetingPhase phase, AcceptRules.Rejection? rejection) => Assert.Equal((reason, phase), (rejection?.Reason, rejection?.Phase));

    private static Meeting Meeting(MeetingSpec? spec = null) => new()
    {
        Metadata = new ObjectMeta { Name = "m", Namespace = "meet-a" },
        Spec = (spec ?? new MeetingSpec()) with { TenantRef = new TenantReference { Name = "a" } },
    };

    private static Tenant Tenant(TenantSpec? spec = null, string @namespace = "meet-a") => new()
    {
        Metadata = new ObjectMeta { Name = "a" },
        Spec = (spec ?? new TenantSpec()) with { Namespace = @namespace },
    };
}
