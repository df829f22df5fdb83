using MeetOperator.NodeControl;
using MeetOperator.Turn.Coturn;
using MeetOperator.Turn.Probing;
using MeetOperator.TurnControl;

namespace MeetOperator.Turn.Control;

/// <summary>What the operator learns about the relay.</summary>
internal sealed class RelayReports(OperatorCredentials credentials, AppliedState state, AllocationProbe probe, AllocationCount allocations, CoturnLog log, TimeProvider time)
{
    public TurnReport Read()
    {
        var problem = probe.Problem;
        return new TurnReport
        {
            IsReady = problem is null,
            Problem = problem,
            IsFull = problem is null && probe.IsFull,
            Allocations = allocations.Read(),
            RelayedBytes = log.RelayedBytes,
            Time = time.GetUtcNow(),
            CertificateUntil = state.CertificateUntil,
            Credentials = CredentialReport.Of(credentials.Current),
        };
    }
}
