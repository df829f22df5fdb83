using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Kinds.Meetings;

namespace MeetOperator.Operator.Tests.Webhook;

public sealed class MeetingUpdatesTests
{
    private static readonly MeetingSpec Ten = new() { MaxParticipants = 10 };

    [Theory]
    [InlineData(10, 5000, true)]
    [InlineData(10, 51, true)]
    [InlineData(10, 50, false)]
    [InlineData(100, 101, true)]
    [InlineData(100, 100, false)]
    [InlineData(100, 60, false)]
    public void Validate_Participants_RejectsOnlyNewViolations(int before, int after, bool rejected)
    {
        var errors = Validate(Ten with { MaxParticipants = before }, Ten with { MaxParticipants = after }, new TenantSpec { Quotas = new TenantQuotas { ParticipantsPerMeeting = 50 } });

        Assert.Equal(rejected, errors.Count == 1);
        Assert.All(errors, error => Assert.Equal("spec.maxParticipants", error.Field));
    }

    [Theory]
    [InlineData("eu", "us", true)]
    [InlineData("", "us", true)]
    [InlineData("us", "ap", false)]
    [InlineData("us", "", false)]
    [InlineData("us", "eu", false)]
    public void Validate_Regions_RejectsOnlyNewViolations(string before, string after, bool rejected)
    {
        var errors = Validate(Ten with { Regions = Of(before) }, Ten with { Regions = Of(after) }, new TenantSpec { Regions = new TenantRegions { Allowed = ["eu"] } });

        Assert.Equal(rejected, errors.Count == 1);
        Assert.All(errors, error => Assert.Equal("spec.regions.allowed", error.Field));
    }

    [Theory]
    [InlineData(MeetingMode.Auto, MeetingMode.P2P, true)]
    [InlineData(MeetingMode.P2P, MeetingMode.P2P, false)]
    [InlineData(MeetingMode.P2P, MeetingMode.Auto, false)]
    [InlineData(MeetingMode.Auto, MeetingMode.Sfu, false)]
    public void Validate_ModeWhileDirectConnectionsAreDenied_RejectsOnlyNewViolations(MeetingMode before, MeetingMode after, bool rejected)
    {
        var four = new MeetingSpec { MaxParticipants = 4 };
        var errors = Validate(four with { Mode = before }, four with { Mode = after }, new TenantSpec { Connectivity = new TenantConnectivity { DirectConnections = DirectConnections.Denied } });

        Assert.Equal(rejected, errors.Count == 1);
        Assert.All(errors, error => Assert.Equal("spec.mode", error.Field));
    }

    [Fact]
    public void Validate_EndedDeletedOrWithoutTenant_Passes()
    {
        var tenant = new TenantSpec { Quotas = new TenantQuotas { ParticipantsPerMeeting = 50 } };
        var many = Ten with { MaxParticipants = 5000 };

        Assert.Empty(Validate(Ten, many with { DesiredState = MeetingDesiredState.Ended }, tenant));
        Assert.Empty(Validate(Ten, many, null));
        Assert.Empty(MeetingUpdates.Validate(new Meeting { Spec = Ten }, new Meeting { Metadata = new ObjectMeta { DeletionTimestamp = DateTimeOffset.UnixEpoch }, Spec = many }, new Tenant { Spec = tenant }));
    }

    private static IReadOnlyList<FieldError> Validate(MeetingSpec old, MeetingSpec now, TenantSpec? tenant) =>
        MeetingUpdates.Validate(new Meeting { Spec = old }, new Meeting { Spec = now }, tenant is null ? null : new Tenant { Spec = tenant });

    private static MeetingRegions Of(string region) => new() { Allowed = region.Length == 0 ? [] : [region] };
}
