using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Controllers;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Kube.Tests.Testing;

namespace MeetOperator.Kube.Tests.Runtime;

public sealed class PredicatesTests
{
    public static TheoryData<string, Action<Widget>, bool> Edits => new()
    {
        { "nothing", _ => { }, false },
        { "status", w => w.Status = new WidgetStatus { Replicas = 9 }, false },
        { "resourceVersion", w => w.Metadata.ResourceVersion = "2", false },
        { "generation", w => w.Metadata.Generation = 2, true },
        { "label value", w => w.Metadata.Labels = new Dictionary<string, string> { ["a"] = "c" }, true },
        { "label key", w => w.Metadata.Labels = new Dictionary<string, string> { ["b"] = "b" }, true },
        { "labels gone", w => w.Metadata.Labels = null, true },
        { "annotation", w => w.Metadata.Annotations = new Dictionary<string, string> { ["x"] = "y" }, true },
        { "finalizer", w => w.Metadata.Finalizers = ["f"], true },
        { "deletion", w => w.Metadata.DeletionTimestamp = DateTimeOffset.UnixEpoch, true },
    };

    [Theory]
    [MemberData(nameof(Edits))]
    public void HasIntentChanged_Modification_IgnoresStatus(string what, Action<Widget> edit, bool expected)
    {
        var now = Make();
        edit(now);
        Assert.True(expected == Predicates.HasIntentChanged(new InformerChange<Widget>(InformerChangeType.Modified, Make(), now)), what);
    }

    [Fact]
    public void HasIntentChanged_AddedOrDeleted_IsTrue()
    {
        Assert.True(Predicates.HasIntentChanged(new InformerChange<Widget>(InformerChangeType.Added, null, Make())));
        Assert.True(Predicates.HasIntentChanged(new InformerChange<Widget>(InformerChangeType.Deleted, Make(), null)));
    }

    private static Widget Make() => new()
    {
        Metadata = new ObjectMeta { Name = "w", Generation = 1, ResourceVersion = "1", Labels = new Dictionary<string, string> { ["a"] = "b" } },
    };
}
