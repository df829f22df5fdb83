using System.Text;
using System.Text.Json;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.ProcessRuntime.Containers;
using MeetOperator.Kube.ProcessRuntime.Images;
using MeetOperator.Kube.ProcessRuntime.Plans;
using MeetOperator.Kube.ProcessRuntime.Volumes;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Kube.ProcessRuntime.Tests;

public sealed class ContainerPlannerTests
{
    private static readonly PodLocation Location = new("node-a", "127.0.0.1", "127.0.1.7", "/run/pods/u1");
    private static readonly Dictionary<string, string> Inherited = new() { ["PATH"] = "/usr/bin" };
    private static readonly ImageTable Images = new ImageTable().Add("app", new ImageProgram
    {
        Entrypoint = ["dotnet", "App.dll"],
        Arguments = ["--default"],
        Environment = new Dictionary<string, string> { ["FROM_IMAGE"] = "1", ["OVERRIDDEN"] = "image" },
    });

    [Theory]
    [InlineData(null, null, "dotnet App.dll --default")]
    [InlineData(null, "--port 1", "dotnet App.dll --port 1")]
    [InlineData("sh -c", null, "sh -c")]
    [InlineData("sh -c", "x", "sh -c x")]
    public void Plan_CommandAndArgs_FollowKubernetesRules(string? command, string? args, string expected)
    {
        var plan = Plan(c =>
        {
            c.Command = command?.Split(' ');
            c.Args = args?.Split(' ');
        });
        Assert.Equal(expected, string.Join(' ', plan.Command.Arguments));
    }

    [Fact]
    public void Plan_Env_ResolvesFieldsSecretsAndEarlierVariables()
    {
        var environment = Plan(c =>
        {
            c.EnvFrom = [new EnvFromSource { Prefix = "ALL_", SecretRef = new OptionalReference { Name = "keys" } }];
            c.Env =
            [
                Field("POD_IP", "status.podIP"),
                Field("HOST_IP", "status.hostIP"),
                Field("NODE", "spec.nodeName"),
                Field("LABEL", "metadata.labels['app/name']"),
                Field("NO_LABEL", "metadata.labels['none']"),
                new EnvVar { Name = "ADDRESS", Value = "$(POD_IP):8090" },
                new EnvVar { Name = "LATER", Value = "$(AFTER)" },
                new EnvVar { Name = "AFTER", Value = "x" },
                new EnvVar { Name = "OVERRIDDEN", Value = "container" },
                new EnvVar { Name = "TOKEN", ValueFrom = new EnvVarSource { SecretKeyRef = new SecretKeySelector { Name = "keys", Key = "token" } } },
                new EnvVar { Name = "ABSENT", ValueFrom = new EnvVarSource { ConfigMapKeyRef = new ConfigMapKeySelector { Name = "none", Key = "k", Optional = true } } },
            ];
        }).Command.Environment;

        Assert.Equal("127.0.1.7", environment["POD_IP"]);
        Assert.Equal("127.0.0.1", environment["HOST_IP"]);
        Assert.Equal("node-a", environment["NODE"]);
        Assert.Equal("web", environment["LABEL"]);
        Assert.Equal(string.Empty, environment["NO_LABEL"]);
        Assert.Equal("127.0.1.7:8090", environment["ADDRESS"]);
        Assert.Equal("$(AFTER)", environment["LATER"]);
        Assert.Equal("container", environment["OVERRIDDEN"]);
        Assert.Equal("1", environment["FROM_IMAGE"]);
        Assert.Equal("s3cret", environment["TOKEN"]);
        Assert.Equal("s3cret", environment["ALL_token"]);
        Assert.Equal("/usr/bin", environment["PATH"]);
        Assert.DoesNotContain("ABSENT", environment.Keys);
    }

    [Fact]
    public void Plan_MountPaths_BecomeVolumeFolders()
    {
        var plan = Plan(c =>
        {
            c.VolumeMounts =
            [
                new VolumeMount { Name = "keys", MountPath = "/etc/keys" },
                new VolumeMount { Name = "host", MountPath = "/data" },
                new VolumeMount { Name = "keys", MountPath = "/one", SubPath = "token" },
            ];
            c.Env = [new EnvVar { Name = "KEY_FILE", Value = "/etc/keys/token" }];
            c.Args = ["--db=/data/a.db", "/one"];
        });
        Assert.Equal("/run/pods/u1/volumes/keys/token", plan.Command.Environment["KEY_FILE"]);
        Assert.Equal(["dotnet", "App.dll", "--db=/srv/db/a.db", "/run/pods/u1/volumes/keys/token"], plan.Command.Arguments);
    }

    [Fact]
    public void Plan_UnknownImage_ThrowsErrImagePull()
    {
        var e = Assert.Throws<PodConfigurationException>(() => Plan(c => c.Image = "nginx:1"));
        Assert.Equal("ErrImagePull", e.Reason);
        Assert.Contains("nginx:1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_MissingSecretOrKey_ErrorNamesIt()
    {
        static EnvVar From(string secret, string key) =>
            new() { Name = "X", ValueFrom = new EnvVarSource { SecretKeyRef = new SecretKeySelector { Name = secret, Key = key } } };
        Assert.Equal("secret \"none\" not found", Assert.Throws<PodConfigurationException>(() => Plan(c => c.Env = [From("none", "k")])).Message);
        var e = Assert.Throws<PodConfigurationException>(() => Plan(c => c.Env = [From("keys", "other")]));
        Assert.Equal("couldn't find key other in secret \"keys\"", e.Message);
        Assert.Equal("CreateContainerConfigError", e.Reason);
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("/etc/passwd")]
    public void Plan_SubPathOutsideVolume_Throws(string path) =>
        Assert.Throws<PodConfigurationException>(() => Plan(c => c.VolumeMounts = [new VolumeMount { Name = "keys", MountPath = "/x", SubPath = path }]));

    private static EnvVar Field(string name, string path) =>
        new() { Name = name, ValueFrom = new EnvVarSource { FieldRef = new ObjectFieldSelector { FieldPath = path } } };

    private static ContainerPlan Plan(Action<Container> change)
    {
        var container = new Container { Name = "main", Image = "app:1" };
        change(container);
        var pod = new Pod
        {
            Metadata = new ObjectMeta { Name = "p", Namespace = "n", Uid = "u1", Labels = new Dictionary<string, string> { ["app/name"] = "web" } },
            Spec = new PodSpec
            {
                Containers = [container],
                Volumes =
                [
                    new Volume { Name = "keys", Secret = new SecretVolumeSource { SecretName = "keys" } },
                    JsonSerializer.Deserialize<Volume>("""{"name":"host","hostPath":{"path":"/srv/db"}}""", KubeJson.Options)!,
                ],
            },
        };
        var data = new ReferencedData(new Dictionary<DataReference, IReadOnlyDictionary<string, byte[]>>
        {
            [new DataReference(true, "keys")] = new Dictionary<string, byte[]> { ["token"] = Encoding.UTF8.GetBytes("s3cret") },
        });
        return ContainerPlanner.Plan(pod, container, Location, data, Images, Inherited);
    }
}
