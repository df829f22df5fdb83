using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Informers;
using MeetOperator.Kube.Tests.Testing;

namespace MeetOperator.Kube.Tests.Runtime;

public sealed class InformerStoreTests
{
    private static readonly HashSet<NamespacedName> Nothing = [];
    private readonly InformerStore<Widget> _store = new();

    [Fact]
    public void Put_NewChangedAndSame_ReturnsAddedModifiedAndNull()
    {
        Assert.Equal(InformerChangeType.Added, _store.Put(Make("a", "1"))!.Value.Type);
        var change = _store.Put(Make("a", "2"))!.Value;
        Assert.Equal((InformerChangeType.Modified, "1", "2"), (change.Type, change.Old!.Metadata.ResourceVersion, change.New!.Metadata.ResourceVersion));
        Assert.Null(_store.Put(Make("a", "2")));
    }

    [Fact]
    public void Remove_KnownObject_ReturnsLastServerState()
    {
        _store.Put(Make("a", "1"));
        var change = _store.Remove(new NamespacedName("n", "a"), Make("a", "9"))!.Value;

        Assert.Equal((InformerChangeType.Deleted, "9"), (change.Type, change.Object.Metadata.ResourceVersion));
        Assert.Null(_store.Remove(new NamespacedName("n", "a")));
        Assert.Empty(_store.List());
    }

    [Fact]
    public void ByIndex_KeysChange_ObjectMovesBetweenBuckets()
    {
        _store.Put(Make("a", "1", "red,blue"));
        _store.AddIndex("colour", widget => widget.Spec.Colour!.Split(','));
        _store.Put(Make("b", "2", "blue"));
        Assert.Equal(["a", "b"], Names(_store.ByIndex("colour", "blue")));

        _store.Put(Make("a", "3", "green,red"));
        Assert.Equal(["b"], Names(_store.ByIndex("colour", "blue")));
        Assert.Equal(["a"], Names(_store.ByIndex("colour", "green")));
        Assert.Equal("3", Assert.Single(_store.ByIndex("colour", "red")).Metadata.ResourceVersion);

        _store.Remove(new NamespacedName("n", "a"));
        Assert.Empty(_store.ByIndex("colour", "red"));
    }

    [Fact]
    public void ByIndex_UnknownName_ErrorContainsFix()
    {
        Assert.Contains("AddIndex", Assert.Throws<ArgumentException>(() => _store.ByIndex("size", "1")).Message);
        _store.AddIndex("size", _ => []);
        Assert.Throws<ArgumentException>(() => _store.AddIndex("size", _ => []));
    }

    [Fact]
    public void ReplaceAll_NewList_ReturnsExactDifferences()
    {
        foreach (var name in (string[])["same", "changed", "gone", "kept"])
        {
            _store.Put(Make(name, "1"));
        }

        var changes = _store.ReplaceAll([Make("same", "1"), Make("changed", "2"), Make("new", "3")], new HashSet<NamespacedName> { new("n", "kept") });
        Assert.Equal(["Added new", "Deleted gone", "Modified changed"], changes.Select(c => $"{c.Type} {c.Key.Name}").Order(StringComparer.Ordinal));
        Assert.Equal(["changed", "kept", "new", "same"], Names(_store.List()));
    }

    [Fact]
    public void ReplaceAll_RecreatedObject_IsDeletedThenAdded()
    {
        _store.Put(Make("a", "1", uid: "first"));
        var changes = _store.ReplaceAll([Make("a", "2", uid: "second")], Nothing);

        Assert.Equal([InformerChangeType.Deleted, InformerChangeType.Added], changes.Select(c => c.Type));
    }

    [Fact]
    public void List_EarlierResult_DoesNotChange()
    {
        _store.Put(Make("a", "1"));
        var before = _store.List();
        _store.Put(Make("b", "2"));

        Assert.Single(before);
        Assert.Equal(2, _store.List().Count);
    }

    private static IEnumerable<string> Names(IEnumerable<Widget> widgets) => widgets.Select(w => w.Metadata.Name!).Order(StringComparer.Ordinal);

    private static Widget Make(string name, string version, string colour = "red", string? uid = null) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "n", ResourceVersion = version, Uid = uid ?? "uid-" + name },
        Spec = new WidgetSpec { Colour = colour },
    };
}
