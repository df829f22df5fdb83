using System.Text.Json.Nodes;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Operator.Cluster;
using MeetOperator.Operator.Kinds;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Settings;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.Operator.Tests.Webhook;

/// <summary>Pool fields that the webhook rejects, and changes that it accepts so that an existing pool can be corrected, scaled down and deleted.</summary>
public sealed class PoolAdmissionTests : IDisposable
{
    private readonly KubeClient _client = new(new KubeConfig { Server = new Uri("http://127.0.0.1:1/") });
    private readonly PoolAdmission _admission;

    public PoolAdmissionTests()
    {
        var limits = new PoolLimits { Exposures = [ExposureType.HostPort], ImageRepositories = ["registry.example/meet"], PriorityClasses = ["media"], Annotations = ["prometheus.io/", "example.com/team"] };
        var options = new OperatorOptions { Namespace = "meet-system", Pools = limits };
        _admission = new PoolAdmission(new PoolRights(MeetKinds.Observe(_client, options, NullLoggerFactory.Instance, TimeProvider.System), options));
    }

    [Theory]
    [InlineData("""{}""", null, null)]
    [InlineData("""{"image":"registry.example/meet/media-node:2"}""", null, null)]
    [InlineData("""{"image":"registry.example/meet-evil:2"}""", null, "spec.image")]
    [InlineData("""{"image":"REGISTRY.EXAMPLE/MEET/x"}""", null, "spec.image")]
    [InlineData("""{"exposure":{"type":"HostNetwork","portRange":{"min":42000,"max":42001}}}""", null, "spec.exposure.type")]
    [InlineData("""{"exposure":{"portRange":{"min":42000,"max":46096}}}""", null, "spec.exposure.portRange")]
    [InlineData("""{"exposure":{"portRange":{"min":42000,"max":46095}}}""", null, null)]
    [InlineData("""{"image":"evil.example/x","replicas":0}""", """{"image":"evil.example/x","replicas":3}""", null)]
    [InlineData("""{"image":"evil.example/x:2"}""", """{"image":"evil.example/x:1"}""", "spec.image")]
    [InlineData("""{"exposure":{"type":"HostNetwork","udpPorts":2,"portRange":{"min":42000,"max":42001}}}""", """{"exposure":{"type":"HostNetwork","portRange":{"min":42000,"max":42001}}}""", null)]
    [InlineData("""{"template":{"priorityClassName":"media"}}""", null, null)]
    [InlineData("""{"template":{"priorityClassName":"system-node-critical"}}""", null, "spec.template.priorityClassName")]
    [InlineData("""{"replicas":0,"template":{"priorityClassName":"system-node-critical"}}""", """{"template":{"priorityClassName":"system-node-critical"}}""", null)]
    [InlineData("""{"template":{"annotations":{"prometheus.io/scrape":"true","example.com/team":"x"}}}""", null, null)]
    [InlineData("""{"template":{"annotations":{"example.com/team2":"x"}}}""", null, "spec.template.annotations")]
    [InlineData("""{"template":{"annotations":{"sidecar.istio.io/proxyImage":"evil"}}}""", null, "spec.template.annotations")]
    [InlineData("""{"template":{"annotations":{"container.apparmor.security.beta.kubernetes.io/media-node":"unconfined"}}}""", null, "spec.template.annotations")]
    [InlineData("""{"template":{"annotations":{"k8s.v1.cni.cncf.io/networks":"storage"}}}""", null, "spec.template.annotations")]
    [InlineData("""{"template":{"annotations":{"io.kubernetes.cri-o.Devices":"/dev/sda"}}}""", null, "spec.template.annotations")]
    [InlineData("""{"template":{"annotations":{"k8s.io/a":"1"}}}""", """{"template":{"annotations":{"k8s.io/a":"1","k8s.io/b":"1"}}}""", null)]
    public void Review_Pool_ReturnsDisallowedField(string spec, string? old, string? field)
    {
        var errors = _admission.Review(Request(spec, old));

        Assert.Equal(field is null ? [] : [field], errors.Select(error => error.Field));
        Assert.All(errors, error => Assert.Contains("allowed: ", error.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Review_InstallationPool_AllowsAnyPriorityAndAnnotation()
    {
        var request = Request("""{"template":{"priorityClassName":"system-node-critical","annotations":{"k8s.v1.cni.cncf.io/networks":"media"}}}""", null) with { Namespace = "meet-system" };
        request.Object!["metadata"]!["namespace"] = "meet-system";

        Assert.Empty(_admission.Review(request));
    }

    [Fact]
    public void Review_PoolBeingDeleted_AllowsFinalizerRemoval()
    {
        var request = Request("""{"image":"evil.example/x"}""", null);
        request.Object!["metadata"]!["deletionTimestamp"] = "2026-01-01T00:00:00Z";

        Assert.Empty(_admission.Review(request));
    }

    public void Dispose() => _client.Dispose();

    private static AdmissionRequest Request(string spec, string? old) => new()
    {
        Operation = old is null ? AdmissionOperation.Create : AdmissionOperation.Update,
        Group = "meetoperator.io",
        Kind = "SfuPool",
        Namespace = "meet-a",
        Name = "p",
        Object = Pool(spec),
        OldObject = old is null ? null : Pool(old),
    };

    private static JsonObject Pool(string spec) => new()
    {
        ["apiVersion"] = "meetoperator.io/v1alpha1",
        ["kind"] = "SfuPool",
        ["metadata"] = new JsonObject { ["name"] = "p", ["namespace"] = "meet-a" },
        ["spec"] = JsonNode.Parse(spec),
    };
}
