using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Quotas;

namespace MeetOperator.Operator.Kinds.Meetings.Steps;

/// <summary>
/// Accepts a meeting while its tenant owns the namespace and allows its spec. A meeting that already has a node keeps it even if it would no longer be accepted, and its
/// status shows the reason. The quota of concurrent meetings applies only to meetings that have not had a node yet.
/// </summary>
internal sealed class AcceptStep(MeetingIds ids, MediaFleet fleet, QuotaLedger ledger, PendingMeetings pending, MeetingEvents events) : IMeetingStep
{
    private static readonly TimeSpan RejectionRetry = TimeSpan.FromSeconds(30);

    public ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct)
    {
        var tenant = context.Meeting.Spec.TenantRef.Name;
        if (!ids.IsIdOwner(context.Ref))
        {
            context.Status = context.Status with { Assignments = [], Cascade = [], NodeSummary = null, LastGeneration = null, SfuCount = 0, Participants = 0, Region = null };
            return Reject(context, MeetingIds.IdTaken(context.MeetingId), RejectionRetry);
        }

        var current = fleet.Current(context.Ref);
        if (FindRejection(context) is { } rejection)
        {
            if (current is not { Nodes: [_, ..] })
            {
                ledger.Release(tenant, context.Ref.Uid);
                return Reject(context, rejection, RejectionRetry);
            }

            ledger.Admit(tenant, context.Ref.Uid);
            context.Rejection = rejection;
            context.SetCondition(MeetConditions.Accepted, ConditionStatus.False, rejection.Reason, rejection.Message);
            events.RecordNotReady(context, rejection.Reason, rejection.Message);
            return ValueTask.FromResult(StepResult.Continue);
        }

        if (current is { Nodes: [_, ..] } || (current is not null && context.IsAccepted))
        {
            // A meeting that lost its node remains admitted, regardless of the quota.
            ledger.Admit(tenant, context.Ref.Uid);
            return Accept(context);
        }

        if (!context.IsAccepted && AcceptRules.FindTenantDeletion(context.Tenant!) is { } closing)
        {
            return Reject(context, closing, RejectionRetry);
        }

        var limit = context.Tenant!.Spec.Quotas.ConcurrentMeetings;
        if (!ledger.TryAdmit(tenant, context.Ref.Uid, limit))
        {
            var message = $"tenant {tenant} has reached its quota of {limit} concurrent meetings: end one, or raise the tenant's quotas.concurrentMeetings";
            return Reject(context, new AcceptRules.Rejection(MeetingPhase.Pending, AcceptReasons.QuotaExceeded, message, IsTransient: true), pending.Add(context.Key));
        }

        return Accept(context);
    }

    private AcceptRules.Rejection? FindRejection(MeetingContext context)
    {
        if (AcceptRules.FindRejection(context.Meeting, context.Tenant, context.NamespaceOwner) is { } rejection)
        {
            return rejection;
        }

        var current = fleet.Current(context.Ref);
        return fleet.FindDisallowedNode(MeetingDemands.From(context.Meeting, context.Tenant, current), context.Ref) is { } disallowed
            ? AcceptRules.PlaceNotAllowed(disallowed.Node.Name, disallowed.Reason)
            : null;
    }

    private static ValueTask<StepResult> Accept(MeetingContext context)
    {
        context.SetCondition(MeetConditions.Accepted, ConditionStatus.True, "Accepted", "the tenant and its quotas allow the meeting");
        return ValueTask.FromResult(StepResult.Continue);
    }

    private ValueTask<StepResult> Reject(MeetingContext context, AcceptRules.Rejection rejection, TimeSpan retry)
    {
        context.SetCondition(MeetConditions.Accepted, ConditionStatus.False, rejection.Reason, rejection.Message);
        context.MarkNotReady(rejection.Phase, rejection.Reason, rejection.Message, stalled: !rejection.IsTransient);
        events.RecordNotReady(context, rejection.Reason, rejection.Message);
        return ValueTask.FromResult(StepResult.Wait(retry));
    }
}
