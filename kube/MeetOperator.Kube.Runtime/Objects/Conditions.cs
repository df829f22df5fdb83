using MeetOperator.Kube.Metadata;

namespace MeetOperator.Kube.Runtime.Objects;

/// <summary>Pure functions on lists of conditions.</summary>
public static class Conditions
{
    public static Condition? Get(IEnumerable<Condition>? conditions, string type) =>
        conditions?.FirstOrDefault(condition => condition.Type == type);

    public static bool IsTrue(IEnumerable<Condition>? conditions, string type) =>
        Get(conditions, type)?.Status == ConditionStatus.True;

    /// <summary>
    /// A new list in which <paramref name="condition"/> replaces the condition of the same type, or is appended. If the status is unchanged,
    /// lastTransitionTime stays; otherwise it is <paramref name="now"/> in whole seconds. Setting an equal condition gives an equal list.
    /// </summary>
    public static IList<Condition> Set(IEnumerable<Condition>? conditions, Condition condition, DateTimeOffset now)
    {
        var result = conditions?.ToList() ?? [];
        var index = result.FindIndex(existing => existing.Type == condition.Type);
        var transition = index >= 0 && result[index].Status == condition.Status
            ? result[index].LastTransitionTime ?? WholeSeconds(now)
            : WholeSeconds(now);
        var stamped = condition with { LastTransitionTime = transition };
        if (index < 0)
        {
            result.Add(stamped);
        }
        else
        {
            result[index] = stamped;
        }

        return result;
    }

    /// <summary>A new list without the condition of that type.</summary>
    public static IList<Condition> Remove(IEnumerable<Condition>? conditions, string type) =>
        conditions?.Where(condition => condition.Type != type).ToList() ?? [];

    private static DateTimeOffset WholeSeconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());
}
