using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Lists;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Kinds.TurnPools;

namespace MeetOperator.Operator.Tests.Turn;

public sealed class RelayFailuresTests
{
    private static readonly TurnPool Pool = new() { Metadata = new ObjectMeta { Name = "edge", Namespace = "meet-a" } };

    [Theory]
    [InlineData("pods \"edge-x\" is forbidden: exceeded quota: small", "QuotaExceeded", "raise it, or lower spec.replicas")]
    [InlineData("pods \"edge-x\" is forbidden: failed quota: small: must specify limits.cpu", "QuotaExceeded", "change spec.resources of TurnPool edge")]
    [InlineData("pods \"edge-x\" is forbidden: violates PodSecurity \"baseline:latest\": hostPort", "PodSecurityForbids", "kubectl label --overwrite namespace meet-a")]
    [InlineData("admission webhook denied the request", "PodRejected", "change the spec of TurnPool edge")]
    public void Explain_Refusal_NamesReasonAndFix(string message, string reason, string fix)
    {
        var failure = RelayFailures.Explain(Pool, new KubeApiException(new Status { Code = 403, Message = message }));
        Assert.Equal(reason, failure.Reason);
        Assert.Contains(fix, failure.Message, StringComparison.Ordinal);
        Assert.True(failure.RequiresIntervention);
    }

    [Theory]
    [InlineData("0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports.", "PortsTaken", "port 3478 is in use")]
    [InlineData("0/2 nodes are available: 2 Insufficient memory.", "Unschedulable", "spec.nodeSelector or spec.resources of TurnPool edge")]
    public void Find_Unscheduled_NamesReasonAndFix(string message, string reason, string fix)
    {
        var pod = new Pod { Status = new PodStatus { Conditions = [new PodCondition { Type = "PodScheduled", Status = "False", Message = message }] } };
        var failure = RelayFailures.Find(Pool, pod)!;
        Assert.Equal(reason, failure.Reason);
        Assert.Contains(fix, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ImagePullBackOff", "ImageUnavailable")]
    [InlineData("CrashLoopBackOff", "Crashing")]
    [InlineData("CreateContainerError", "ContainerNotStarted")]
    [InlineData("CreateContainerConfigError", null)]
    [InlineData("ContainerCreating", null)]
    public void Find_ContainerWaits_NamesReason(string waiting, string? reason)
    {
        var pod = new Pod
        {
            Metadata = new ObjectMeta { Name = "edge-x", Namespace = "meet-a" },
            Status = new PodStatus { ContainerStatuses = [new ContainerStatus { State = new ContainerState { Waiting = new ContainerStateWaiting { Reason = waiting } } }] },
        };
        Assert.Equal(reason, RelayFailures.Find(Pool, pod)?.Reason);
    }
}
