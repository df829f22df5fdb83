using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Tests.Testing;

namespace MeetOperator.Kube.Tests.Client;

public sealed class ResourcePathTests
{
    private static readonly KubernetesEntityAttribute Pods = KubernetesEntityAttribute.Of(typeof(Pod));
    private static readonly KubernetesEntityAttribute Widgets = KubernetesEntityAttribute.Of(typeof(Widget));
    private static readonly KubernetesEntityAttribute Namespaces = KubernetesEntityAttribute.Of(typeof(Namespace));

    [Fact]
    public void Item_CoreAndNamedGroups_HaveCorrectPaths()
    {
        Assert.Equal("api/v1/namespaces/a/pods/b/log", ResourcePath.Item(Pods, new NamespacedName("a", "b"), "log"));
        Assert.Equal("apis/example.io/v1/namespaces/a/widgets/b", ResourcePath.Item(Widgets, new NamespacedName("a", "b")));
        Assert.Equal("api/v1/namespaces/a", ResourcePath.Item(Namespaces, new NamespacedName(null, "a")));
        Assert.Equal("apis/example.io/v1/widgets", ResourcePath.Collection(Widgets, null));
    }

    [Fact]
    public void Item_NameWithSlash_IsEscaped() =>
        Assert.Equal("api/v1/namespaces/a/pods/..%2Fsecrets%2Fx", ResourcePath.Item(Pods, new NamespacedName("a", "../secrets/x")));

    [Fact]
    public void Item_MissingOrExtraParts_ErrorNamesThem()
    {
        Assert.Contains("needs a name", Assert.Throws<ArgumentException>(() => ResourcePath.Item(Pods, new NamespacedName("a", string.Empty))).Message);
        Assert.Contains("needs a namespace", Assert.Throws<ArgumentException>(() => ResourcePath.Item(Pods, new NamespacedName(null, "b"))).Message);
        Assert.Contains("cluster-scoped", Assert.Throws<ArgumentException>(() => ResourcePath.Item(Namespaces, new NamespacedName("a", "b"))).Message);
    }

    [Fact]
    public void Query_Parameters_AreEscapedAndNullsOmitted() =>
        Assert.Equal(
            "p?labelSelector=a%3Db%2Cc&limit=5&force=true",
            ResourcePath.Query("p", ("labelSelector", "a=b,c"), ("limit", 5), ("force", true), ("dryRun", null), ("watch", false), ("continue", string.Empty)));
}
