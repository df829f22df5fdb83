using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Selectors;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Kinds.Meetings;

namespace MeetOperator.Operator.Tests.Webhook;

public sealed class MoveAdmissionTests
{
    /// <summary>Nodes of the own namespace, of a shared pool, of a shared pool that the tenant does not select, and of another tenant.</summary>
    private static readonly SfuNode[] Nodes = [Node("meet-a", "own", "p"), Node("meet-pools", "basic", "basic"), Node("meet-pools", "premium", "premium"), Node("meet-b", "foreign", "p")];

    [Theory]
    [InlineData("own", null, true)]
    [InlineData("own", "meet-a", true)]
    [InlineData("own", "meet-pools", false)]
    [InlineData("basic", null, true)]
    [InlineData("basic", "meet-pools", true)]
    [InlineData("premium", "meet-pools", false)]
    [InlineData("foreign", null, false)]
    [InlineData("foreign", "meet-b", false)]
    [InlineData("missing", "meet-b", false)]
    public void Validate_NewRequest_AcceptsOnlyNodesThatTheTenantMayUse(string node, string? space, bool accepted)
    {
        var errors = Validate(null, new MeetingMoveTo { SfuNode = node, Namespace = space });

        Assert.Equal(accepted, errors.Count == 0);
        Assert.All(errors, error => Assert.Equal(("spec.placement.moveTo.sfuNode", $"there is no media node {(space is null ? node : $"{space}/{node}")} that the meeting may use"), error));
    }

    [Fact]
    public void Validate_RequestIsUnchanged_Passes()
    {
        // The node of a request that stays in a manifest may be gone long since.
        var request = new MeetingMoveTo { SfuNode = "missing" };

        Assert.Empty(Validate(request, request with { }));
        Assert.Empty(Validate(request, null));
    }

    private static List<(string Field, string Message)> Validate(MeetingMoveTo? before, MeetingMoveTo? after)
    {
        var tenant = new Tenant { Metadata = new ObjectMeta { Name = "a" }, Spec = new TenantSpec { Namespace = "meet-a", Pools = new TenantPools { SfuSelector = new LabelSelector { MatchLabels = new Dictionary<string, string> { ["tier"] = "basic" } } } } };
        return [.. MoveAdmission.Validate(Of(before), Of(after), tenant, Nodes, Pool, space => space == "meet-pools").Select(error => (error.Field, error.Message))];
    }

    private static Meeting Of(MeetingMoveTo? request) => new()
    {
        Metadata = new ObjectMeta { Name = "m", Namespace = "meet-a" },
        Spec = new MeetingSpec { Placement = new MeetingPlacement { MoveTo = request } },
    };

    private static SfuNode Node(string space, string name, string pool) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = space },
        Spec = new SfuNodeSpec { PoolRef = new PoolReference { Name = pool } },
    };

    private static SfuPool Pool(SfuNode node) => new()
    {
        Metadata = new ObjectMeta { Name = node.Spec.PoolRef.Name, Namespace = node.Metadata.Namespace, Labels = new Dictionary<string, string> { ["tier"] = node.Spec.PoolRef.Name == "p" ? "basic" : node.Spec.PoolRef.Name } },
    };
}
