using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Operator.Kinds.Meetings;
using MeetOperator.Operator.Kinds.Registration;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Kinds.Tenants;

namespace MeetOperator.Operator.Kinds;

/// <summary>Our kinds, each with its validation and the rest of its admission.</summary>
internal static class MeetKinds
{
    public static IReadOnlyList<IKind> All { get; } =
    [
        new Kind<Tenant>("Tenant", TenantValidation.Validate, (cluster, options) => new TenantAdmission(cluster, options)),
        new Kind<Meeting>("Meeting", MeetingValidation.Validate, (cluster, _) => new MeetingAdmission(cluster)),
        new Kind<SfuPool>("SfuPool", SfuPoolValidation.Validate, (cluster, options) => new PoolAdmission(new PoolRights(cluster, options))),
        new Kind<SfuNode>("SfuNode", SfuNodeValidation.Validate),
    ];
}
