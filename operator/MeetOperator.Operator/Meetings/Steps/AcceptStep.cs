using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Operator.Tenants;

namespace MeetOperator.Operator.Meetings.Steps;

/// <summary>Takes a meeting in when its tenant owns the namespace and its quotas allow it. What was accepted once goes on.</summary>
internal sealed class AcceptStep(MeetingIds ids, QuotaLedger ledger, PendingMeetings pending, MeetingEvents events) : IMeetingStep
{
    private static readonly TimeSpan QuotaRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RefusalRetry = TimeSpan.FromSeconds(30);

    public ValueTask<StepResult> RunAsync(MeetingContext context, CancellationToken ct)
    {
        var tenant = context.Meeting.Spec.TenantRef.Name;
        if (!ids.HasItsId(context.Ref))
        {
            context.Status = context.Status with { Assignments = [], SfuCount = 0, Participants = 0, Region = null };
            return Refuse(context, MeetingIds.Refusal(context.MeetingId), RefusalRetry);
        }

        if (context.IsAccepted && context.Tenant is not null)
        {
            ledger.Admit(tenant, context.Ref.Uid);
            return ValueTask.FromResult(StepResult.Continue);
        }

        if (AcceptRules.Judge(context.Meeting, context.Tenant, context.NamespaceOwner) is { } refusal)
        {
            return Refuse(context, refusal, RefusalRetry);
        }

        var limit = context.Tenant!.Spec.Quotas.ConcurrentMeetings;
        if (!ledger.TryAdmit(tenant, context.Ref.Uid, limit))
        {
            pending.Add(context.Key);
            var message = $"tenant {tenant} has {limit} of {limit} meetings open: end one, or raise the tenant's quotas.concurrentMeetings";
            return Refuse(context, new AcceptRules.Refusal(MeetingPhase.Pending, "QuotaExceeded", message, Waits: true), QuotaRetry);
        }

        context.Set(MeetConditions.Accepted, ConditionStatus.True, "Accepted", "tenant and quota allow the meeting");
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
