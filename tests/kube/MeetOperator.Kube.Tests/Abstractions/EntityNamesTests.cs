using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Schema;
using MeetOperator.Kube.Serialization;

namespace MeetOperator.Kube.Tests.Abstractions;

public sealed class EntityNamesTests
{
    [Theory]
    [InlineData(typeof(Pod), "v1", "Pod", "pods", true)]
    [InlineData(typeof(Namespace), "v1", "Namespace", "namespaces", false)]
    [InlineData(typeof(Node), "v1", "Node", "nodes", false)]
    [InlineData(typeof(Secret), "v1", "Secret", "secrets", true)]
    [InlineData(typeof(ConfigMap), "v1", "ConfigMap", "configmaps", true)]
    [InlineData(typeof(Service), "v1", "Service", "services", true)]
    [InlineData(typeof(Event), "v1", "Event", "events", true)]
    [InlineData(typeof(Lease), "coordination.k8s.io/v1", "Lease", "leases", true)]
    [InlineData(typeof(Scale), "autoscaling/v1", "Scale", "scales", true)]
    public void Of_CoreKind_HasKubernetesNames(Type type, string apiVersion, string kind, string plural, bool namespaced)
    {
        var entity = KubernetesEntityAttribute.Of(type);
        Assert.Equal((apiVersion, kind, plural, namespaced), (entity.ApiVersion, entity.Kind, entity.Plural, entity.Scope == EntityScope.Namespaced));
    }

    [Fact]
    public void Of_TypeWithoutAttribute_ErrorNamesAttribute() =>
        Assert.Contains("[KubernetesEntity]", Assert.Throws<InvalidOperationException>(() => KubernetesEntityAttribute.Of(typeof(string))).Message);

    [Theory]
    [InlineData("team", "w", "team/w")]
    [InlineData(null, "w", "w")]
    [InlineData("", "w", "w")]
    public void ToString_NamespacedName_JoinsWithSlash(string? space, string name, string expected) =>
        Assert.Equal(expected, new NamespacedName(space, name).ToString());

    [Fact]
    public void IntOrString_IntegerOrText_KeepsItsKind()
    {
        Assert.Equal(("8080", null), (new IntOrString(8080).ToString(), new IntOrString(8080).Text));
        Assert.Equal("25%", new IntOrString("25%").ToString());
        Assert.NotEqual(new IntOrString("80"), new IntOrString(80));
    }
}
