using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Operator.Meetings;

namespace MeetOperator.Operator.Tests.Meetings;

public sealed class AcceptRulesTests
{
    [Fact]
    public void Judge_TenantOwnsTheNamespace_Accepts() => Assert.Null(AcceptRules.Judge(Meeting(), Tenant(), "a"));

    [Fact]
    public void Judge_NoTenant_Waits() => Expect("TenantNotFound", MeetingPhase.Pending, AcceptRules.Judge(Meeting(), null, null));

    [Fact]
    public void Judge_TenantNamesTheNamespaceButDoesNotOwnIt_Refuses() => Expect("TenantMismatch", MeetingPhase.Failed, AcceptRules.Judge(Meeting(), Tenant(), "b"));

    [Fact]
    public void Judge_NamespaceOfAnotherTenant_Refuses() => Expect("TenantMismatch", MeetingPhase.Failed, AcceptRules.Judge(Meeting(), Tenant(@namespace: "meet-b"), "a"));

    [Fact]
    public void Judge_BrokenRule_RefusesWithTheField()
    {
        var refusal = AcceptRules.Judge(Meeting(new MeetingSpec { Mode = MeetingMode.P2P }), Tenant(), "a");

        Expect("Invalid", MeetingPhase.Failed, refusal);
        Assert.Contains("spec.maxParticipants", refusal!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_MoreParticipantsThanTheQuota_Refuses() =>
        Expect("QuotaExceeded", MeetingPhase.Pending, AcceptRules.Judge(Meeting(), Tenant(new TenantSpec { Quotas = new TenantQuotas { ParticipantsPerMeeting = 99 } }), "a"));

    [Fact]
    public void Judge_NoRegionInCommon_Refuses() => Expect("RegionConflict", MeetingPhase.Pending, AcceptRules.Judge(
        Meeting(new MeetingSpec { Regions = new MeetingRegions { Allowed = ["us-west"] } }), Tenant(new TenantSpec { Regions = new TenantRegions { Allowed = ["eu-north"] } }), "a"));

    [Fact]
    public void Demand_RegionsOfMeetingAndTenant_AreIntersected()
    {
        var meeting = Meeting(new MeetingSpec { Regions = new MeetingRegions { Allowed = ["us-west", "eu-north"] } });

        var demand = MeetingDemands.From(meeting, Tenant(new TenantSpec { Regions = new TenantRegions { Allowed = ["eu-north", "eu-west"], Default = "eu-west" } }), null);

        Assert.Equal("eu-north", demand.AllowedRegions.ToString());
        Assert.Equal(["eu-west"], demand.PreferredRegions);
    }

    [Fact]
    public void Demand_NoRegionInCommon_IsNoneAndNotAny()
    {
        var meeting = Meeting(new MeetingSpec { Regions = new MeetingRegions { Allowed = ["eu"] } });

        var demand = MeetingDemands.From(meeting, Tenant(new TenantSpec { Regions = new TenantRegions { Allowed = ["us"] } }), null);

        Assert.True(demand.AllowedRegions.IsNone);
        Assert.All((string?[])["eu", "us", "ap", null], region => Assert.False(demand.AllowedRegions.Contains(region)));
        Assert.True(MeetingDemands.From(meeting, null, null).AllowedRegions.IsNone);
    }

    private static void Expect(string reason, MeetingPhase phase, AcceptRules.Refusal? refusal) => Assert.Equal((reason, phase), (refusal?.Reason, refusal?.Phase));

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
