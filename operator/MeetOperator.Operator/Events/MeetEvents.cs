using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuNodes;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Events;
using MeetOperator.Kube.Runtime.Objects;

namespace MeetOperator.Operator.Events;

/// <summary>Records what happened to an object, as a Kubernetes event and in the log.</summary>
internal sealed partial class MeetEvents(EventRecorder recorder, ILogger<MeetEvents> logger)
{
    public void Normal(KubernetesObject about, string reason, string message)
    {
        recorder.Normal(about, reason, message);
        LogNormal(about.Kind!, about.Metadata.NamespacedName, reason, message);
    }

    public void Warning(KubernetesObject about, string reason, string message)
    {
        recorder.Warning(about, reason, message);
        LogWarning(about.Kind!, about.Metadata.NamespacedName, reason, message);
    }

    /// <summary>Records once per reason that an object needs intervention.</summary>
    public void Stalled(KubernetesObject about, IEnumerable<Condition>? before, IEnumerable<Condition> after)
    {
        if (Conditions.Get(after, MeetConditions.Stalled) is { } stalled && Conditions.Get(before, MeetConditions.Stalled)?.Reason != stalled.Reason)
        {
            Warning(about, stalled.Reason, stalled.Message);
        }
    }

    /// <summary>Records once per reason that a drain is blocked.</summary>
    public void DrainBlocked(KubernetesObject about, IEnumerable<Condition>? before, IEnumerable<Condition> after) => Began(about, MeetConditions.DrainBlocked, before, after);

    /// <summary>Records once per reason that a media node is overloaded.</summary>
    public void Overloaded(SfuNode about, IEnumerable<Condition>? before, IEnumerable<Condition> after) => Began(about, MeetConditions.Overloaded, before, after);

    /// <summary>Records once that relays are full, have another time than the operator, or that their certificate is of no use or ends soon.</summary>
    public void RelayProblems(TurnPool about, IEnumerable<Condition>? before, IEnumerable<Condition> after)
    {
        Began(about, MeetConditions.ClockSkewed, before, after);
        Began(about, MeetConditions.RelaysFull, before, after);
        Began(about, MeetConditions.CertificateUnusable, before, after);
        Began(about, MeetConditions.CertificateExpiring, before, after);
    }

    /// <summary>Records once that a tenant has as many allocations on relays as it may have.</summary>
    public void RelayQuotaReached(Tenant about, IEnumerable<Condition>? before, IEnumerable<Condition> after) => Began(about, MeetConditions.RelayQuotaReached, before, after);

    /// <summary>Records once per reason that the ports of a pool do not answer, and that they answer again.</summary>
    public void ExposureChanged(KubernetesObject about, IEnumerable<Condition>? before, IEnumerable<Condition> after)
    {
        var (former, now) = (Conditions.Get(before, MeetConditions.ExposureReady), Conditions.Get(after, MeetConditions.ExposureReady));
        if (now?.Status == ConditionStatus.False && (former?.Status != ConditionStatus.False || former.Reason != now.Reason))
        {
            Warning(about, now.Reason, now.Message);
        }
        else if (now?.Status == ConditionStatus.True && former?.Status == ConditionStatus.False)
        {
            Normal(about, now.Reason, now.Message);
        }
    }

    private void Began(KubernetesObject about, string type, IEnumerable<Condition>? before, IEnumerable<Condition> after)
    {
        if (Conditions.Get(after, type) is { } now && Conditions.Get(before, type)?.Reason != now.Reason)
        {
            Warning(about, type, now.Message);
        }
    }

    /// <summary>Records a state change of a media node; does nothing when the state is unchanged.</summary>
    public void StateChanged(SfuNode before, SfuNodeStatus after)
    {
        Stalled(before, before.Status?.Conditions, after.Conditions);
        if (before.Status?.State == after.State)
        {
            return;
        }

        if (after.State == SfuNodeState.Unhealthy)
        {
            Warning(before, "Unhealthy", after.Message ?? string.Empty);
        }
        else if (before.Status?.State is null or SfuNodeState.Starting or SfuNodeState.Unhealthy && after.State is SfuNodeState.Ready or SfuNodeState.Allocated)
        {
            Normal(before, "Serving", after.Message ?? string.Empty);
        }
    }

    [LoggerMessage(2001, LogLevel.Debug, "{Kind} {Key}: {Reason}: {Message}")]
    private partial void LogNormal(string kind, NamespacedName key, string reason, string message);

    [LoggerMessage(2002, LogLevel.Warning, "{Kind} {Key}: {Reason}: {Message}")]
    private partial void LogWarning(string kind, NamespacedName key, string reason, string message);
}
