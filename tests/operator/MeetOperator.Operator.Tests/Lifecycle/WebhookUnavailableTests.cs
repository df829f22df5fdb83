using System.Text.Json.Nodes;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Lifecycle;

/// <summary>The chart's webhook with failurePolicy Fail and no response. The API server must still accept the operator's own writes.</summary>
public sealed class WebhookUnavailableTests
{
    [Fact]
    public async Task Meeting_DeletedWithoutWebhook_IsFinalized()
    {
        var webhook = new UnreachableWebhook();
        await using var cluster = await TestCluster.StartAsync(admission: webhook);
        await cluster.WithTenantAsync();
        await cluster.CreateMeetingAsync("standup");
        await cluster.WaitForReadyAsync("standup");
        var node = Assert.Single(cluster.Kubelet.Nodes);
        webhook.IsAway = true;
        var rejected = await Assert.ThrowsAsync<KubeApiException>(() => cluster.Client.MergePatchAsync<Meeting>(
            new NamespacedName("meet-a", "standup"), JsonNode.Parse("""{"spec":{"maxParticipants":5000}}""")!, default));
        Assert.Contains("failed calling webhook", rejected.Message, StringComparison.Ordinal);

        await cluster.Client.DeleteAsync<Meeting>(new NamespacedName("meet-a", "standup"), default);

        await cluster.EventuallyAsync(async () => await cluster.TryMeetingAsync("standup") is null, "the meeting is deleted");
        Assert.Empty(node.Rooms());
        await cluster.Client.DeleteAsync<SfuPool>(new NamespacedName("meet-a", "p"), default);
        await cluster.EventuallyAsync(async () => (await cluster.NodesAsync()).Count == 0, "the pool's node is deleted");
    }

    [Fact]
    public async Task Finalizers_WithoutWebhook_AreAddedAndRemoved()
    {
        var webhook = new UnreachableWebhook();
        await using var cluster = await TestCluster.StartAsync(withOperator: false, admission: webhook);
        var (tenant, pool) = (new NamespacedName(null, "a"), new NamespacedName("meet-a", "p"));
        await cluster.Client.CreateAsync(new Tenant { Metadata = new ObjectMeta { Name = "a" }, Spec = new TenantSpec { Namespace = "meet-a" } }, default);
        await cluster.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = "meet-a", Labels = new Dictionary<string, string> { [MeetLabels.Tenant] = "a" } } }, default);
        await cluster.CreatePoolAsync("p", TestCluster.Pool());
        webhook.IsAway = true;

        await cluster.StartOperatorAsync("operator-1");

        await cluster.EventuallyAsync(async () => (await cluster.PoolAsync("p")) is { Status.ReadyReplicas: 1, Metadata.Finalizers.Count: 1 }, "the pool is ready and has a finalizer");
        await cluster.EventuallyAsync(async () => (await cluster.TenantAsync("a")).Metadata.Finalizers is { Count: 1 }, "the tenant has a finalizer");
        await cluster.Client.DeleteAsync<SfuPool>(pool, default);
        await cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync<SfuPool>(pool, default) is null, "the pool is deleted");
        await cluster.Client.DeleteAsync<Tenant>(tenant, default);
        await cluster.EventuallyAsync(async () => await cluster.Client.TryGetAsync<Tenant>(tenant, default) is null, "the tenant is deleted");
    }

    /// <summary>The configuration that charts/meet-operator/templates/webhook/configurations.yaml renders for clusters with matchConditions.</summary>
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
