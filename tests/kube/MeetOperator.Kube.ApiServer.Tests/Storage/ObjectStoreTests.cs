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

    private string Log() => Directory.GetFiles(Path.Combine(_directory), "log-*").Order(StringComparer.Ordinal).Last();

    [Fact]
    public async Task Restart_AfterWritesAndDeletes_ShowsTheSameObjects()
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

        await using var again = ObjectStore.Open(_directory, 100);
        Assert.Equal(2L, (long)again.Get(Key("a"))!.Root["spec"]!["value"]!);
        Assert.Null(again.Get(Key("b")));
        Assert.True(again.Version > version);
        Assert.True((await PutAsync(again, "c", 1)).Version > version);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(40)]
    public async Task Restart_WithTornTail_LosesOnlyTheTornRecord(int cut)
    {
        await using (var store = ObjectStore.Open(_directory, 100))
        {
            await PutAsync(store, "a", 1);
            await PutAsync(store, "b", 1);
        }

        using (var file = new FileStream(Log(), FileMode.Open))
        {
            file.SetLength(file.Length - cut);
        }

        await using (var again = ObjectStore.Open(_directory, 100))
        {
            Assert.NotNull(again.Get(Key("a")));
            Assert.Null(again.Get(Key("b")));
            await PutAsync(again, "c", 1);
        }

        await using var third = ObjectStore.Open(_directory, 100);
        Assert.NotNull(third.Get(Key("a")));
        Assert.NotNull(third.Get(Key("c")));
    }

    [Fact]
    public async Task Restart_WithDamagedRecord_KeepsWhatCameBefore()
    {
        await using (var store = ObjectStore.Open(_directory, 100))
        {
            await PutAsync(store, "a", 1);
            await PutAsync(store, "b", 1);
        }

        var bytes = File.ReadAllBytes(Log());
        bytes[^5] ^= 0xFF;
        File.WriteAllBytes(Log(), bytes);
        await using var again = ObjectStore.Open(_directory, 100);
        Assert.NotNull(again.Get(Key("a")));
        Assert.Null(again.Get(Key("b")));
    }

    [Fact]
    public async Task Open_Twice_IsRefusedWithTheDirectory()
    {
        await using var store = ObjectStore.Open(_directory, 100);
        var refused = Assert.Throws<IOException>(() => ObjectStore.Open(_directory, 100));
        Assert.Contains(_directory, refused.Message);
        Assert.Contains("another process", refused.Message);
    }

    [Fact]
    public async Task Rotation_WhenTheLogIsLarge_LeavesASnapshotThatHoldsEverything()
    {
        var hub = new WatchHub(10);
        long last = 0;
        var state = new Dictionary<ObjectKey, StoredObject>();
        var journal = FileJournal.Open(_directory, hub, out _, out _, rotateAtBytes: 2000);
        journal.StartCommitting(() => [.. state.Values]);
        for (var i = 0; i < 100; i++)
        {
            last = i + 1;
            var stored = new StoredObject(Key($"n{i % 7}"), last, Thing($"n{i % 7}", i));
            state[stored.Key] = stored;
            await journal.Append(new StoreEvent(stored, null, Deleted: false));
        }

        await journal.DisposeAsync();
        Assert.NotEmpty(Directory.GetFiles(_directory, "snapshot-*"));
        Assert.True(Directory.GetFiles(_directory, "log-*").Sum(f => new FileInfo(f).Length) < 8000);
        var again = FileJournal.Open(_directory, hub, out var objects, out var loaded, rotateAtBytes: 2000);
        await again.DisposeAsync();
        Assert.Equal(last, loaded);
        Assert.Equal([93L, 94, 95, 96, 97, 98, 99], objects.Select(o => (long)o.Root["spec"]!["value"]!).Order());
    }

    [Fact]
    public async Task Snapshot_WithoutItsEnd_IsIgnored()
    {
        await using (var store = ObjectStore.Open(_directory, 100))
        {
            await PutAsync(store, "a", 1);
        }

        File.Copy(Log(), Path.Combine(_directory, "snapshot-0000000000000000900"));
        await using var again = ObjectStore.Open(_directory, 100);
        Assert.NotNull(again.Get(Key("a")));
        Assert.True(again.Version < 2000);
    }

    [Fact]
    public async Task TryPut_AgainstAnOlderVersion_IsRefused()
    {
        await using var store = ObjectStore.Open(null, 100);
        var first = await PutAsync(store, "a", 1);
        await PutAsync(store, "a", 2);
        Assert.Null(store.TryPut(Key("a"), first, Thing("a", 3)));
        Assert.Null(store.TryPut(Key("a"), null, Thing("a", 3)));
        Assert.Null(store.TryDelete(first));
    }

    [Fact]
    public async Task Publish_ToAFullWatcher_EndsThatWatcherOnly()
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
    public async Task Subscribe_BeyondTheHistory_NamesTheCompactedVersion()
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
