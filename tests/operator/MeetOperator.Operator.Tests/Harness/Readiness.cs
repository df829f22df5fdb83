using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Runtime;

namespace MeetOperator.Operator.Tests.Harness;

internal static class Readiness
{
    public static bool IsReady(this Meeting meeting) => Conditions.IsTrue(meeting.Status?.Conditions, MeetConditions.Ready);

    public static bool IsReady(this Tenant tenant) => Conditions.IsTrue(tenant.Status?.Conditions, MeetConditions.Ready);

    public static bool IsReady(this SfuPool pool) => Conditions.IsTrue(pool.Status?.Conditions, MeetConditions.Ready);

    public static Condition? Ready(this IReadOnlyList<Condition> conditions) => Conditions.Get(conditions, MeetConditions.Ready);
}
