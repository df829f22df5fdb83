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

/// <summary>
/// Reconciles one meeting: runs the steps that decide the status, then writes it, and at the same time calls the further media nodes of the meeting. A node that does not respond
/// does not delay what clients learn from the status. When the calls change it, it is written again.
/// </summary>
/// <param name="cluster">The objects in the cluster.</param>
/// <param name="steps">What decides the status.</param>
/// <param name="calls">What is left to do at media nodes when the meeting has its origin.</param>
/// <param name="ages">The ages of meetings.</param>
/// <param name="releases">The meetings that hold resources.</param>
/// <param name="budget">Limits the writes for meetings that wait.</param>
/// <param name="options">The settings of the operator.</param>
/// <param name="time">The clock.</param>
internal sealed class MeetingController(
    ClusterView cluster, IReadOnlyList<IMeetingStep> steps, IReadOnlyList<IMeetingStep> calls, MeetingAges ages, MeetingReleases releases, WriteBudget budget, OperatorOptions options, TimeProvider time) : IReconciler
{
    private readonly WriteThrottle _throttle = new(time);
    private readonly WriteSlots _slots = new(options.FigureWritesPerSecond, time);

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
        var stop = await RunAsync(steps, context, ct).ConfigureAwait(false);
        if (!context.ShouldWriteStatus)
        {
            return new ReconcileResult(Earliest(stop.After, context.RequeueAfter));
        }

        if (stop.IsFinal)
        {
            var (_, pause) = await WriteAsync(context, meeting.Status, context.Status, context.Meeting, ct).ConfigureAwait(false);
            return new ReconcileResult(Earliest(Earliest(stop.After, pause), context.RequeueAfter));
        }

        if (EndRules.NextCheck(meeting.Spec, ages.Apply(context.Ref, context.Status, context.Now), context.Now) is { } check)
        {
            context.RequeueAt(check);
        }

        var wait = await WriteAndCallAsync(context, meeting.Status, ct).ConfigureAwait(false);
        return new ReconcileResult(Earliest(wait, context.RequeueAfter));
    }

    private async Task<TimeSpan?> WriteAndCallAsync(MeetingContext context, MeetingStatus? before, CancellationToken ct)
    {
        var status = context.Status;
        using var outdated = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var writing = WriteAsync(context, before, status, context.Meeting, ct, onConflict: outdated);
        await Task.WhenAll(writing, RunAsync(calls, context, outdated.Token)).ConfigureAwait(false);
        var (stored, wait) = await writing.ConfigureAwait(false);
        if (ReferenceEquals(context.Status, status))
        {
            return wait;
        }

        var (_, later) = await WriteAsync(context, stored.Status, context.Status, stored, ct).ConfigureAwait(false);
        return Earliest(wait, later);
    }

    private static async Task<StepResult> RunAsync(IReadOnlyList<IMeetingStep> steps, MeetingContext context, CancellationToken ct)
    {
        foreach (var step in steps)
        {
            var result = await step.RunAsync(context, ct).ConfigureAwait(false);
            if (result.IsFinal)
            {
                return result;
            }
        }

        return StepResult.Continue;
    }

    /// <summary>
    /// Writes transitions at once. Changes of figures alone are written at most every five seconds. All that joins and leaves change, including whether somebody is in the meeting, is
    /// written at a limited rate for all meetings together; only the first participants of a meeting do not wait for it.
    /// </summary>
    /// <param name="context">The meeting. The calls to its nodes may change its status meanwhile.</param>
    /// <param name="stored">The status as it is stored.</param>
    /// <param name="status">The status to store.</param>
    /// <param name="item">The meeting as it is stored.</param>
    /// <param name="ct">Cancels the request.</param>
    /// <param name="onConflict">Canceled when the meeting has changed since it was read: it is soon reconciled again.</param>
    /// <returns>The meeting as it is stored now, and the delay after which the status can be written; null when nothing is left to write.</returns>
    private async Task<(Meeting Stored, TimeSpan? Wait)> WriteAsync(
        MeetingContext context, MeetingStatus? stored, MeetingStatus status, Meeting item, CancellationToken ct, CancellationTokenSource? onConflict = null)
    {
        var change = stored is null ? StatusChange.Other : StatusChanges.Find(stored, status);
        var wait = Wait(context.Key, change);
        if (wait > TimeSpan.Zero)
        {
            return (item, wait);
        }

        if (stored is not null && IsOnlyWaiting(stored, status) && !StatusWriter.AreEqual(stored, status) && !budget.TryTake())
        {
            return (item, null); // The meeting is reconciled again in any case; that reconcile can write the status.
        }

        try
        {
            if (await StatusWriter.WriteAsync(cluster.Client, item, stored, status, ct, fenced: true).ConfigureAwait(false) is { } written)
            {
                cluster.FreshMeetings.RecordWrite(written);
                _throttle.RecordWrite(context.Key);
                return (written, null);
            }

            if (!ReferenceEquals(item.Status, stored))
            {
                cluster.FreshMeetings.RecordWrite(item);
            }
        }
        catch (KubeApiException error) when (error.IsNotFound)
        {
            // Deleted in the meantime. The informer reports the deletion, which releases the meeting's resources.
        }
        catch (KubeApiException error) when (error.IsConflict && onConflict is not null)
        {
            await onConflict.CancelAsync().ConfigureAwait(false);
            throw;
        }

        return (item, null);
    }

    /// <summary>How long a change must wait. The first participants of a meeting do not wait, but their write delays those that do.</summary>
    private TimeSpan Wait(NamespacedName key, StatusChange change)
    {
        if (change is StatusChange.Figures or StatusChange.Empty)
        {
            var pause = change == StatusChange.Figures ? _throttle.Wait(key) : TimeSpan.Zero;
            return pause > TimeSpan.Zero ? pause : _slots.Wait(key);
        }

        _slots.Forget(key);
        if (change == StatusChange.InUse)
        {
            _slots.GiveWay();
        }

        return TimeSpan.Zero;
    }

    /// <summary>Whether the meeting waited for a placement and still does, so that at most its reason or figures have changed.</summary>
    private static bool IsOnlyWaiting(MeetingStatus stored, MeetingStatus wanted) =>
        MeetingStatuses.IsWaiting(stored) && MeetingStatuses.IsWaiting(wanted)
        && stored.ObservedGeneration == wanted.ObservedGeneration
        && stored.Phase == wanted.Phase
        && stored.FormerNodes.SequenceEqual(wanted.FormerNodes)
        && Conditions.Get(stored.Conditions, MeetConditions.Accepted)?.Status == Conditions.Get(wanted.Conditions, MeetConditions.Accepted)?.Status;

    private void Forget(NamespacedName key)
    {
        _throttle.Forget(key);
        _slots.Forget(key);
        if (releases.Forget(key) is not { } deleted)
        {
            return;
        }

        foreach (var sameId in cluster.MeetingsWithId(deleted.Id))
        {
            Wake(sameId.Metadata.NamespacedName); // The ID is free now.
        }
    }

    private static TimeSpan? Earliest(TimeSpan? left, TimeSpan? right) => left is null || (right is not null && right < left) ? right : left;

    /// <summary>Truncates to whole seconds, the precision of times in Kubernetes statuses.</summary>
    private static DateTimeOffset WholeSeconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());
}
