using MeetOperator.NodeControl;
using MeetOperator.Turn.Coturn;
using MeetOperator.Turn.Probing;
using MeetOperator.TurnControl;

namespace MeetOperator.Turn.Control;

/// <summary>What the operator learns about the relay.</summary>
internal sealed class RelayReports(OperatorCredentials credentials, AppliedState state, AllocationProbe probe, AllocationCount allocations, CoturnLog log, TenantCounts tenants, TimeProvider time)
{
    public TurnReport Read()
    {
        var problem = probe.Problem;
        var count = allocations.Read();
        return new TurnReport
        {
            IsReady = problem is null,
            Problem = problem,
            IsFull = problem is null && probe.IsFull,
            Allocations = count,
            RelayedBytes = log.RelayedBytes,
            Tenants = tenants.Read(count),
            Time = time.GetUtcNow(),
            CertificateUntil = state.CertificateUntil,
            Credentials = CredentialReport.Of(credentials.Current),
        };
    }
}
