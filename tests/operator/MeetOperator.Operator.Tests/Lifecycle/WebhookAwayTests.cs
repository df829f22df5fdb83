using System.Text.Json.Nodes;
using MeetOperator.Contracts;
using MeetOperator.Kube;
using MeetOperator.Kube.Client;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>The chart's webhook with failurePolicy Fail, and nothing that answers: what the API server then refuses must not include what the operator itself writes.</summary>
public sealed class WebhookAwayTests
{
    [Fact]
    public async Task Meeting_DeletedWhileNoWebhookAnswers_IsFinalizedAndItsRoomEnds()
    {
        var webhook = new UnreachableWebhook();
        await using var cluster = await TestCluster.StartAsync(admission: webhook);
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        await cluster.WaitForReadyAsync("standup");
        var node = Assert.Single(cluster.Kubelet.Nodes);
        webhook.IsAway = true;
        var refused = await Assert.ThrowsAsync<KubeApiException>(() => cluster.Client.MergePatchAsync<Meeting>(
            new NamespacedName("meet-a", "standup"), JsonNode.Parse("""{"spec":{"maxParticipants":5000}}""")!, default));
        Assert.Contains("failed calling webhook", refused.Message, StringComparison.Ordinal);

        await cluster.Client.DeleteAsync<Meeting>(new NamespacedName("meet-a", "standup"), default);

        await cluster.EventuallyAsync(async () => await cluster.TryMeetingAsync("standup") is null, "the meeting is gone");
        Assert.Empty(node.Rooms());
        await cluster.Client.DeleteAsync<SfuPool>(new NamespacedName("meet-a", "p"), default);
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Count == 0, "the pool's node is gone");
    }

    /// <summary>As charts/meet-operator/templates/webhook/configurations.yaml renders it for a cluster that knows matchConditions.</summary>
    private sealed class UnreachableWebhook : IAdmissionPolicy
    {
        public bool IsAway { get; set; }

        public AdmissionDecision Review(AdmissionRequest request)
        {
            var asked = IsAway && request is { Group: MeetGroup.Name, Kind: "Meeting" or "SfuPool" or "Tenant", Subresource: "" }
                && request.Operation switch
                {
                    AdmissionOperation.Create => true,
                    AdmissionOperation.Update => !JsonNode.DeepEquals(request.Object?["spec"], request.OldObject?["spec"]),
                    _ => false,
                };
            return asked ? new AdmissionDecision([new FieldError("webhook", "failed calling webhook: connection refused")]) : AdmissionDecision.Allow;
        }
    }
}
