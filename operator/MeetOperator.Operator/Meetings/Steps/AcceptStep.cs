using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Tenants;

namespace MeetOperator.Operator.Meetings.Steps;

/// <summary>
/// Accepts a meeting while its tenant owns the namespace and allows its spec. A meeting that already has a node keeps it even if it would no longer be accepted, and its
/// status shows the reason. The quota of concurrent meetings applies only to meetings that have not had a node yet.
/// </summary>
internal sealed class AcceptStep(MeetingIds ids, MediaFleet fleet, QuotaLedger ledger, PendingMeetings pending, MeetingEvents events) : IMeetingStep
{
    private static readonly TimeSpan RefusalRetry = TimeSpan.FromSeconds(30);

    public ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct)
    {
        var tenant = context.Meeting.Spec.TenantRef.Name;
        if (!ids.HasItsId(context.Ref))
        {
            context.Status = context.Status with { Assignments = [], SfuCount = 0, Participants = 0, Region = null };
            return Refuse(context, MeetingIds.Refusal(context.MeetingId), RefusalRetry);
        }

        var current = fleet.Current(context.Ref);
        if (Judge(context) is { } refusal)
        {
            if (current is not { Node: not null })
            {
                ledger.Release(tenant, context.Ref.Uid);
                return Refuse(context, refusal, RefusalRetry);
            }

            ledger.Admit(tenant, context.Ref.Uid);
            context.Refusal = refusal;
            context.Set(MeetConditions.Accepted, ConditionStatus.False, refusal.Reason, refusal.Message);
            events.NotReady(context, refusal.Reason, refusal.Message);
            return ValueTask.FromResult(StepResult.Continue);
        }

        if (current is { Node: not null } || (current is not null && context.IsAccepted))
        {
            // A meeting that lost its node remains admitted, regardless of the quota.
            ledger.Admit(tenant, context.Ref.Uid);
            return Accept(context);
        }

        if (!context.IsAccepted && AcceptRules.Closing(context.Tenant!) is { } closing)
        {
            return Refuse(context, closing, RefusalRetry);
        }

        var limit = context.Tenant!.Spec.Quotas.ConcurrentMeetings;
        if (!ledger.TryAdmit(tenant, context.Ref.Uid, limit))
        {
            var message = $"tenant {tenant} has reached its quota of {limit} concurrent meetings: end one, or raise the tenant's quotas.concurrentMeetings";
            return Refuse(context, new AcceptRules.Refusal(MeetingPhase.Pending, AcceptReasons.QuotaExceeded, message, Waits: true), pending.Add(context.Key));
        }

        return Accept(context);
    }

    private AcceptRules.Refusal? Judge(MeetingContext context)
    {
        if (AcceptRules.Judge(context.Meeting, context.Tenant, context.NamespaceOwner) is { } refusal)
        {
            return refusal;
        }

        var current = fleet.Current(context.Ref);
        return fleet.WhyNotAllowed(MeetingDemands.From(context.Meeting, context.Tenant, current), context.Ref) is { } why
            ? AcceptRules.NotAllowedThere(current!.Node!.Value.Name, why)
            : null;
    }

    private static ValueTask<StepResult> Accept(MeetingContext context)
    {
        context.Set(MeetConditions.Accepted, ConditionStatus.True, "Accepted", "the tenant and its quotas allow the meeting");
        return ValueTask.FromResult(StepResult.Continue);
    }

    private ValueTask<StepResult> Refuse(MeetingContext context, AcceptRules.Refusal refusal, TimeSpan retry)
    {
        context.Set(MeetConditions.Accepted, ConditionStatus.False, refusal.Reason, refusal.Message);
        context.NotReady(refusal.Phase, refusal.Reason, refusal.Message, stalled: !refusal.Waits);
        events.NotReady(context, refusal.Reason, refusal.Message);
        return ValueTask.FromResult(StepResult.Wait(retry));
    }
}
