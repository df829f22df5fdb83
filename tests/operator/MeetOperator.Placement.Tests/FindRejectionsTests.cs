using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Selectors;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Metadata;
using MeetOperator.Placement.Inputs;

namespace MeetOperator.Placement.Tests;

public sealed class FindRejectionsTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly NodeSnapshot Node = new() { Namespace = "tenant", Name = "n", Pool = "p", Region = "eu-west", State = SfuNodeState.Ready, LastSeen = Now };

    private static readonly MeetingDemand Demand = new() { MeetingId = "m", Namespace = "tenant" };

    [Fact]
    public void FindRejections_NodeThatFits_ReturnsNone() => Assert.Empty(PlacementPlanner.FindRejections(Demand, Node, Now)!);

    [Fact]
    public void FindRejections_SeveralReasons_ReturnsAllOfThem()
    {
        var node = Node with { State = SfuNodeState.Draining, Meetings = 200, Unschedulable = true };

        var found = PlacementPlanner.FindRejections(Demand with { AllowedRegions = RegionSet.Only(["us-east"]) }, node, Now);

        Assert.Equal(
            ["region eu-west is not allowed; allowed regions: us-east", "the media node is draining", "the media node is cordoned (spec.unschedulable)", "full: 200 of 200 meetings"],
            found);
    }

    [Fact]
    public void FindRejections_NodeOfAnotherTenant_ReturnsNull() => Assert.Null(PlacementPlanner.FindRejections(Demand, Node with { Namespace = "other" }, Now));

    [Fact]
    public void Requirements_MeetingAndTenant_HaveTheLimitsOfBoth()
    {
        var meeting = new Meeting
        {
            Metadata = new ObjectMeta { Name = "standup", Namespace = "tenant", Uid = "u" },
            Spec = new MeetingSpec { MaxParticipants = 80, Regions = new MeetingRegions { Allowed = ["eu-west", "us-east"] } },
        };
        var tenant = new Tenant
        {
            Spec = new TenantSpec
            {
                Quotas = new TenantQuotas { ParticipantsPerMeeting = 50 },
                Regions = new TenantRegions { Allowed = ["eu-west", "eu-north"], Default = "eu-west" },
                Pools = new TenantPools { SfuSelector = new LabelSelector() },
            },
        };

        var demand = MeetingRequirements.Of(meeting, tenant);

        Assert.Equal(("u", "tenant", 50, "eu-west"), (demand.MeetingId, demand.Namespace, demand.MaxParticipants, demand.AllowedRegions.ToString()));
        Assert.Equal(["eu-west"], demand.PreferredRegions);
        Assert.NotNull(demand.TenantPoolSelector);
        Assert.True(MeetingRequirements.Of(meeting, null).AllowedRegions.IsNone);
    }
}
