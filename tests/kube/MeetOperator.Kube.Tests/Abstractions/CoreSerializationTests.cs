using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Kube.Tests.Abstractions;

public sealed class CoreSerializationTests
{
    [Fact]
    public void Pod_ReadAndWritten_KeepsKnownAndUnknownFields()
    {
        const string Text = """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"n","labels":{"a":"b"}},
             "spec":{"containers":[{"name":"c","image":"i:1","env":[{"name":"IP","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}},
               {"name":"S","valueFrom":{"secretKeyRef":{"name":"s","key":"k"},"resourceFieldRef":{"resource":"limits.cpu"}}}],
               "ports":[{"containerPort":8090,"hostPort":8090,"protocol":"UDP"}],
               "readinessProbe":{"httpGet":{"path":"/readyz","port":"http"},"periodSeconds":2},"livenessProbe":{"tcpSocket":{"port":8090}},
               "startupProbe":{"exec":{"command":["true"]}},"resources":{"limits":{"cpu":"500m"}},"volumeDevices":[{"name":"d","devicePath":"/dev/x"}],
               "securityContext":{"readOnlyRootFilesystem":true,"capabilities":{"drop":["ALL"]},"procMount":"Default"}}],
               "volumes":[{"name":"v","emptyDir":{}},{"name":"w","hostPath":{"path":"/x"}},
                 {"name":"x","projected":{"sources":[{"serviceAccountToken":{"path":"token","expirationSeconds":600}}]}}],
               "affinity":{"podAntiAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":[{"weight":1}]}},
               "topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"zone","whenUnsatisfiable":"ScheduleAnyway","minDomains":2}],
               "overhead":{"cpu":"1"},"restartPolicy":"Never","terminationGracePeriodSeconds":660},
             "status":{"phase":"Running","podIP":"10.0.0.1","podIPs":[{"ip":"10.0.0.1"}],"hostIP":"10.1.0.1","startTime":"2026-01-02T03:04:05Z","resize":"Proposed",
               "containerStatuses":[{"name":"c","ready":true,"restartCount":2,"image":"i:1","imageID":"x","state":{"running":{"startedAt":"2026-01-02T03:04:05Z"}}}]}}
            """;
        var pod = JsonSerializer.Deserialize<Pod>(Text, KubeJson.Options)!;

        Assert.Equal("10.0.0.1", pod.Status!.PodIp);
        Assert.Equal("http", pod.Spec.Containers[0].ReadinessProbe!.HttpGet!.Port.Text);
        Assert.Equal(8090, pod.Spec.Containers[0].LivenessProbe!.TcpSocket!.Port.Number);
        var written = JsonSerializer.SerializeToNode(pod, KubeJson.Options);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Text), written), written!.ToJsonString());
    }

    [Fact]
    public void Quantities_WrittenAsNumbers_AreReadAsText()
    {
        var resources = JsonSerializer.Deserialize<ResourceRequirements>("""{"limits":{"cpu":2,"memory":"1Gi"},"requests":{"cpu":0.5}}""", KubeJson.Options)!;

        Assert.Equal("2", resources.Limits!["cpu"]);
        Assert.Equal("0.5", resources.Requests!["cpu"]);
    }

    [Fact]
    public void Times_Written_AreUtcInServerFormat()
    {
        var lease = new Lease { Spec = new LeaseSpec { RenewTime = new DateTimeOffset(2026, 1, 2, 5, 4, 5, TimeSpan.FromHours(2)) } };
        lease.Metadata.CreationTimestamp = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var json = JsonSerializer.SerializeToNode(lease, KubeJson.Options)!;

        // Servers accept MicroTime only with exactly six fractional digits.
        Assert.Equal("2026-01-02T03:04:05.000000Z", json["spec"]!["renewTime"]!.GetValue<string>());
        Assert.Equal("2026-01-02T03:04:05Z", json["metadata"]!["creationTimestamp"]!.GetValue<string>());
    }

    [Fact]
    public void GetBytes_ValidAndInvalidValues_DecodesOrReturnsNull()
    {
        var secret = new Secret { Data = new Dictionary<string, string> { ["token"] = "aGVsbG8=", ["bad"] = "%%%" } };

        Assert.Equal("hello"u8.ToArray(), secret.GetBytes("token"));
        Assert.Null(secret.GetBytes("bad"));
        Assert.Null(secret.GetBytes("absent"));
    }

    [Fact]
    public void NewObject_AnyKind_HasApiVersionAndKind()
    {
        Assert.Equal(("coordination.k8s.io/v1", "Lease"), (new Lease().ApiVersion, new Lease().Kind));
        Assert.Equal(("v1", "Pod"), (new Pod().ApiVersion, new Pod().Kind));
    }
}
