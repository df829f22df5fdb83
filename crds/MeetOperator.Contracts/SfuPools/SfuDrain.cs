using MeetOperator.Kube.Schema;

namespace MeetOperator.Contracts.SfuPools;

/// <summary>How a media node is drained before it is deleted. Nobody is disconnected, whatever the policy.</summary>
[CelRule("!has(self.policy) || self.policy != 'WaitThenMigrate' || self.softSeconds <= self.deadlineSeconds", SfuPoolValidation.SoftAfterDeadline, FieldPath = ".softSeconds")]
public sealed record SfuDrain
{
    /// <summary>
    /// Migrate moves the meetings of a draining node at once. WaitThenMigrate lets them end by themselves for softSeconds, and Wait until deadlineSeconds; those that are left move then.
    /// deadlineSeconds of the SfuNode's drain takes precedence. A Pod that is being deleted does not wait. Default Migrate; mutable.
    /// </summary>
    [Default("\"Migrate\"")]
    public DrainPolicy Policy { get; init; } = DrainPolicy.Migrate;

    /// <summary>Seconds that meetings may continue on a draining node with policy WaitThenMigrate, 0 to 86400, at most deadlineSeconds. Default 120; mutable.</summary>
    [Range(0, 86_400)]
    [Default("120")]
    public int SoftSeconds { get; init; } = 120;

    /// <summary>
    /// Seconds that meetings may continue on a draining node with policy Wait, or with policy Migrate on a node that does not answer the operator, 0 to 86400. Afterwards they move to another
    /// node, or stay while no other node can take them. Default 600; mutable.
    /// </summary>
    [Range(0, 86_400)]
    [Default("600")]
    public int DeadlineSeconds { get; init; } = 600;
}
