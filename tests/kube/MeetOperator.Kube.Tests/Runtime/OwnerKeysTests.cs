using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Controllers;
using MeetOperator.Kube.Tests.Testing;

namespace MeetOperator.Kube.Tests.Runtime;

public sealed class OwnerKeysTests
{
    [Fact]
    public void OfController_MixedReferences_ReturnsOnlyMatchingController()
    {
        var pod = Pod(
            Reference("example.io/v1", "Widget", "right", controller: true),
            Reference("example.io/v1", "Widget", "not-controller", controller: null),
            Reference("other.io/v1", "Widget", "other-group", controller: true),
            Reference("example.io/v1", "Gadget", "other-kind", controller: true));

        Assert.Equal([new NamespacedName("team", "right")], OwnerKeys.OfController<Widget>(pod));
    }

    [Fact]
    public void OfController_OlderApiVersion_IsOwner() =>
        Assert.Equal([new NamespacedName("team", "w")], OwnerKeys.OfController<Widget>(Pod(Reference("example.io/v1alpha1", "Widget", "w", controller: true))));

    [Fact]
    public void OfController_ClusterScopedOwner_HasNoNamespace() =>
        Assert.Equal([new NamespacedName(null, "node-1")], OwnerKeys.OfController<Node>(Pod(Reference("v1", "Node", "node-1", controller: true))));

    [Fact]
    public void OfController_NoReferences_IsEmpty() => Assert.Empty(OwnerKeys.OfController<Widget>(new Pod()));

    private static Pod Pod(params OwnerReference[] references) =>
        new() { Metadata = new ObjectMeta { Name = "p", Namespace = "team", OwnerReferences = references } };

    private static OwnerReference Reference(string apiVersion, string kind, string name, bool? controller) =>
        new() { ApiVersion = apiVersion, Kind = kind, Name = name, Uid = "u", Controller = controller };
}
