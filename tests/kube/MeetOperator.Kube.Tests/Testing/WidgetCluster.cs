using MeetOperator.Kube.Client;
using MeetOperator.Kube.CodeGen.Crds;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Serialization;
using MeetOperator.Kube.Testing;

namespace MeetOperator.Kube.Tests.Testing;

/// <summary>An embedded API server with the generated CRD of <see cref="Widget"/> and a namespace for widgets.</summary>
public static class WidgetCluster
{
    public const string Namespace = "team";

    public static async Task<TestApiServer> StartAsync()
    {
        var server = await TestApiServer.StartAsync(YamlWriter.Write(CrdGenerator.Generate(typeof(Widget))));
        await server.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = Namespace } }, default);
        return server;
    }

    public static NamespacedName Key(string name) => new(Namespace, name);

    public static Widget NewWidget(string name, string? colour = null, int? replicas = null) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = Namespace },
        Spec = new WidgetSpec { Colour = colour, Replicas = replicas },
    };

    public static Task<Widget> CreateWidgetAsync(this KubeClient client, string name, string? colour = null, int? replicas = null) =>
        client.CreateAsync(NewWidget(name, colour, replicas), default);
}
