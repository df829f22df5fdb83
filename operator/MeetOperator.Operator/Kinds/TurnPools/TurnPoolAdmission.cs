using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Admission;
using MeetOperator.Operator.Kinds.Registration;

namespace MeetOperator.Operator.Kinds.TurnPools;

/// <summary>Warns about a pool that exceeds the limits of its tenant or of the installation. It rejects none, because these may change; the reconciler creates no relays for it.</summary>
internal sealed class TurnPoolAdmission(TurnPoolRights rights) : KindAdmission
{
    public override string? FindWarning(AdmissionRequest request) =>
        Read<TurnPool>(request) is { Metadata.DeletionTimestamp: null } pool && rights.FindRejection(pool) is { } rejection
            ? $"the pool gets no relays: {rejection.Field}: {rejection.Message}"
            : null;
}
