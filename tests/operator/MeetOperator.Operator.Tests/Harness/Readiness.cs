using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Objects;

namespace MeetOperator.Operator.Tests.Harness;

internal static class Readiness
{
    public static bool IsReady(this Meeting meeting) => Conditions.IsTrue(meeting.Status?.Conditions, MeetConditions.Ready);

    public static bool IsReady(this Tenant tenant) => Conditions.IsTrue(tenant.Status?.Conditions, MeetConditions.Ready);

    public static bool IsReady(this SfuPool pool) => Conditions.IsTrue(pool.Status?.Conditions, MeetConditions.Ready);

    public static bool IsReady(this TurnPool pool) => Conditions.IsTrue(pool.Status?.Conditions, MeetConditions.Ready);

    public static Condition? Ready(this IReadOnlyList<Condition> conditions) => Conditions.Get(conditions, MeetConditions.Ready);
}
