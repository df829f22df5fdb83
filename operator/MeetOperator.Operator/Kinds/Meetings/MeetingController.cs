using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Controllers;
using MeetOperator.Kube.Runtime.Objects;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Kinds.Meetings;

/// <summary>Reconciles one meeting: runs the steps in order, then writes the status once.</summary>
internal sealed class MeetingController(
    ClusterView cluster, IReadOnlyList<IMeetingStep> steps, MeetingAges ages, MeetingReleases releases, WriteBudget budget, OperatorOptions options, TimeProvider time) : IReconciler
{
    private readonly WriteThrottle _throttle = new(time);

    /// <summary>Requests a reconcile of another meeting.</summary>
    public Action<NamespacedName> Wake { get; set; } = static _ => { };

    public async Task<ReconcileResult> ReconcileAsync(NamespacedName key, CancellationToken ct)
    {
        if (cluster.FreshMeetings.Get(key) is not { } meeting)
        {
            Forget(key);
            return ReconcileResult.Done;
        }

        var now = time.GetUtcNow();
        var tenant = cluster.Tenants.Get(new NamespacedName(null, meeting.Spec.TenantRef.Name));
        var context = new MeetingContext(meeting, tenant, cluster.OwnerOf(key.Namespace), options.PublicUrl, WholeSeconds(now));
        releases.Track(context.Ref, meeting.Spec.TenantRef.Name);
        var stop = await RunAsync(context, ct).ConfigureAwait(false);
        var wait = context.ShouldWriteStatus ? await WriteAsync(context, meeting.Status, ct).ConfigureAwait(false) : null;
        return new ReconcileResult(Earliest(Earliest(stop, wait), context.RequeueAfter));
    }

    private async Task<TimeSpan?> RunAsync(MeetingContext context, CancellationToken ct)
    {
        foreach (var step in steps)
        {
            var result = await step.RunAsync(context, ct).ConfigureAwait(false);
            if (result.IsFinal)
            {
                return result.After;
            }
        }

        if (EndRules.NextCheck(context.Meeting.Spec, ages.Apply(context.Ref, context.Status, context.Now), context.Now) is { } check)
        {
            context.RequeueAt(check);
        }

        return null;
    }

    /// <summary>Writes transitions at once, and changed participant counts at most every five seconds.</summary>
    private async Task<TimeSpan?> WriteAsync(MeetingContext context, MeetingStatus? stored, CancellationToken ct)
    {
        if (stored is not null && DifferOnlyInFigures(stored, context.Status))
        {
            var wait = _throttle.Wait(context.Key);
            if (wait > TimeSpan.Zero)
            {
                return wait;
            }
        }

        if (stored is not null && IsOnlyWaiting(stored, context.Status) && !StatusWriter.AreEqual(stored, context.Status) && !budget.TryTake())
        {
            return null; // The meeting is reconciled again in any case; that reconcile can write the status.
        }

        try
        {
            if (await StatusWriter.WriteAsync(cluster.Client, context.Meeting, stored, context.Status, ct, fenced: true).ConfigureAwait(false) is { } written)
            {
                cluster.FreshMeetings.RecordWrite(written);
                _throttle.RecordWrite(context.Key);
            }
            else if (!ReferenceEquals(context.Meeting.Status, stored))
            {
                cluster.FreshMeetings.RecordWrite(context.Meeting);
            }
        }
        catch (KubeApiException error) when (error.IsNotFound)
        {
            // Deleted in the meantime. The informer reports the deletion, which releases the meeting's resources.
        }

        return null;
    }

    /// <summary>Whether the meeting waited for a placement and still does, so that at most its reason or figures have changed.</summary>
    private static bool IsOnlyWaiting(MeetingStatus stored, MeetingStatus wanted) =>
        MeetingStatuses.IsWaiting(stored) && MeetingStatuses.IsWaiting(wanted)
        && stored.ObservedGeneration == wanted.ObservedGeneration
        && stored.Phase == wanted.Phase
        && stored.FormerNodes.SequenceEqual(wanted.FormerNodes)
        && Conditions.Get(stored.Conditions, MeetConditions.Accepted)?.Status == Conditions.Get(wanted.Conditions, MeetConditions.Accepted)?.Status;

    private static bool DifferOnlyInFigures(MeetingStatus stored, MeetingStatus wanted)
    {
        if (Figures(stored).SequenceEqual(Figures(wanted)))
        {
            return false;
        }

        return stored.Phase == wanted.Phase && StatusWriter.AreEqual(WithoutFigures(stored), WithoutFigures(wanted));
    }

    private static IEnumerable<double?> Figures(MeetingStatus status) =>
    [
        status.Participants, status.PeakParticipants,
        .. status.Assignments.SelectMany(static assignment => new double?[] { assignment.Participants, assignment.Sessions, assignment.FreePlaces }),
        .. status.Cascade.SelectMany(static link => new[] { link.RttMs, link.LossPct, link.Kbps }),
    ];

    private static MeetingStatus WithoutFigures(MeetingStatus status) => status with
    {
        Participants = 0,
        PeakParticipants = 0,
        Assignments = [.. status.Assignments.Select(assignment => assignment with { Participants = 0, Sessions = null, FreePlaces = null })],
        Cascade = [.. status.Cascade.Select(static link => link with { RttMs = null, LossPct = null, Kbps = 0 })],
    };

    private void Forget(NamespacedName key)
    {
        _throttle.Forget(key);
        if (releases.Forget(key) is not { } deleted)
        {
            return;
        }

        ages.Forget(deleted);
        foreach (var sameId in cluster.MeetingsWithId(deleted.Id))
        {
            Wake(sameId.Metadata.NamespacedName); // The ID is free now.
        }
    }

    private static TimeSpan? Earliest(TimeSpan? left, TimeSpan? right) => left is null || (right is not null && right < left) ? right : left;

    /// <summary>Truncates to whole seconds, the precision of times in Kubernetes statuses.</summary>
    private static DateTimeOffset WholeSeconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());
}
