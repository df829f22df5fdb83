using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Storage;

namespace MeetOperator.Kube.ApiServer.Tests.Storage;

public sealed class ObjectStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("store").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static ObjectKey Key(string name) => new("things.example.test", "ns", name);

    private static JsonObject Thing(string name, int value) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name, ["uid"] = "uid-" + name },
        ["spec"] = new JsonObject { ["value"] = value },
    };

    private static async Task<StoredObject> PutAsync(ObjectStore store, string name, int value)
    {
        var put = store.TryPut(Key(name), store.Get(Key(name)), Thing(name, value));
        await put!.Value.Durable;
        return put.Value.Stored;
    }

    [Fact]
    public async Task Restart_AfterWritesAndDeletes_RestoresTheSameObjects()
    {
        long version;
        await using (var store = ObjectStore.Open(_directory, 100))
        {
            await PutAsync(store, "a", 1);
            await PutAsync(store, "a", 2);
            await PutAsync(store, "b", 1);
            await store.TryDelete(store.Get(Key("b"))!)!.Value.Durable;
            version = store.Version;
        }

        await using var restarted = ObjectStore.Open(_directory, 100);
        Assert.Equal(2L, (long)restarted.Get(Key("a"))!.Root["spec"]!["value"]!);
        Assert.Null(restarted.Get(Key("b")));
        Assert.True(restarted.Version > version);
        Assert.True((await PutAsync(restarted, "c", 1)).Version > version);
    }

    [Fact]
    public async Task Open_Twice_ErrorNamesDirectory()
    {
        await using var store = ObjectStore.Open(_directory, 100);
        var error = Assert.Throws<IOException>(() => ObjectStore.Open(_directory, 100));
        Assert.Contains(_directory, error.Message);
        Assert.Contains("another process", error.Message);
    }

    [Fact]
    public async Task TryPut_OlderVersion_ReturnsNull()
    {
        await using var store = ObjectStore.Open(null, 100);
        var first = await PutAsync(store, "a", 1);
        await PutAsync(store, "a", 2);
        Assert.Null(store.TryPut(Key("a"), first, Thing("a", 3)));
        Assert.Null(store.TryPut(Key("a"), null, Thing("a", 3)));
        Assert.Null(store.TryDelete(first));
    }

    [Fact]
    public async Task Publish_FullWatcher_EndsOnlyThatWatcher()
    {
        await using var store = ObjectStore.Open(null, 100);
        var slow = new Watcher(2, 0, null);
        var quick = new Watcher(100, 0, null);
        var version = store.Version;
        Assert.Null(store.Hub.Subscribe(Key("a").Table, version, slow));
        Assert.Null(store.Hub.Subscribe(Key("a").Table, version, quick));
        for (var i = 0; i < 5; i++)
        {
            await PutAsync(store, "a", i);
        }

        Assert.Equal(1, store.Hub.WatcherCount);
        Assert.Equal(2, slow.Events.Count);
        Assert.Equal(5, quick.Events.Count);
        quick.Complete();
    }

    [Fact]
    public async Task Subscribe_BeforeHistory_ReturnsCompactedVersion()
    {
        await using var store = ObjectStore.Open(null, watchHistory: 3);
        var start = store.Version;
        for (var i = 0; i < 5; i++)
        {
            await PutAsync(store, "a", i);
        }

        Assert.Equal(start + 2, store.Hub.Subscribe(Key("a").Table, start, new Watcher(10, start, null)));
        var resumed = new Watcher(10, start + 2, null);
        Assert.Null(store.Hub.Subscribe(Key("a").Table, start + 2, resumed));
        Assert.Equal(3, resumed.Events.Count);
    }
}
