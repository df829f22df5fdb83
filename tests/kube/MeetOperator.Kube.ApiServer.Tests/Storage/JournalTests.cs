using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.Kube.ApiServer.Tests.Storage;

/// <summary>Recovery of a store on disk after crashes, and detection of corruption.</summary>
public sealed class JournalTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("store").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static ObjectKey Key(string name) => new("things.example.test", "ns", name);

    private static async Task PutAsync(ObjectStore store, string name, int value)
    {
        var root = new JsonObject { ["metadata"] = new JsonObject { ["name"] = name, ["uid"] = "uid-" + name }, ["spec"] = new JsonObject { ["value"] = value } };
        await store.TryPut(Key(name), store.Get(Key(name)), root)!.Value.Durable;
    }

    private static long? Value(ObjectStore store, string name) => (long?)store.Get(Key(name))?.Root["spec"]!["value"];

    private string Newest(string prefix) => Directory.GetFiles(_directory, prefix + "*").Order(StringComparer.Ordinal).Last();

    /// <summary>Leaves the files as a crash would: a copy taken while the store is open.</summary>
    private async Task CrashAfterAsync(params string[] names)
    {
        var copy = Directory.CreateTempSubdirectory("crash").FullName;
        await using (var store = ObjectStore.Open(_directory, 100))
        {
            foreach (var name in names)
            {
                await PutAsync(store, name, 1);
            }

            foreach (var file in Directory.GetFiles(_directory).Where(f => !f.EndsWith("lock", StringComparison.Ordinal)))
            {
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            }
        }

        Directory.Delete(_directory, recursive: true);
        Directory.Move(copy, _directory);
    }

    private static void Flip(string file, Func<long, long> position)
    {
        using var stream = new FileStream(file, FileMode.Open);
        stream.Position = position(stream.Length);
        var value = (byte)stream.ReadByte();
        stream.Position--;
        stream.WriteByte((byte)(value ^ 0xFF));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(40)]
    public async Task Restart_CrashDuringWrite_LosesOnlyThatWrite(int cut)
    {
        await CrashAfterAsync("a", "b");
        using (var file = new FileStream(Newest("log-"), FileMode.Open))
        {
            file.SetLength(file.Length - cut);
        }

        await using (var restarted = ObjectStore.Open(_directory, 100))
        {
            Assert.NotNull(restarted.Get(Key("a")));
            Assert.Null(restarted.Get(Key("b")));
            await PutAsync(restarted, "c", 1);
        }

        await using var third = ObjectStore.Open(_directory, 100);
        Assert.NotNull(third.Get(Key("a")));
        Assert.NotNull(third.Get(Key("c")));
    }

    [Theory]
    [InlineData(30, true)]
    [InlineData(30, false)]
    [InlineData(60, true)]
    [InlineData(-60, true)] // The last record; the mark of an orderly end follows it.
    public async Task Restart_CorruptRecord_ErrorNamesFileAndFix(int at, bool orderly)
    {
        if (orderly)
        {
            await using var store = ObjectStore.Open(_directory, 100);
            await PutAsync(store, "a", 1);
            await PutAsync(store, "b", 1);
        }
        else
        {
            await CrashAfterAsync("a", "b");
        }

        var log = Newest("log-");
        var before = File.ReadAllBytes(log);
        Flip(log, length => at < 0 ? length + at : at);

        var error = Assert.Throws<DamagedStoreException>(() => ObjectStore.Open(_directory, 100));

        Assert.Contains(log, error.Message);
        Assert.Contains("truncate -s", error.Message);
        Assert.Equal(before.Length, new FileInfo(log).Length);
        Flip(log, length => at < 0 ? length + at : at);
        await using var restarted = ObjectStore.Open(_directory, 100);
        Assert.Equal(1, Value(restarted, "b"));
    }

    [Fact]
    public async Task Restart_CorruptRecordTruncated_KeepsEarlierObjects()
    {
        await using (var store = ObjectStore.Open(_directory, 100))
        {
            await PutAsync(store, "a", 1);
            await PutAsync(store, "b", 1);
        }

        var log = Newest("log-");
        Flip(log, length => length - 60);
        var message = Assert.Throws<DamagedStoreException>(() => ObjectStore.Open(_directory, 100)).Message;
        var command = message[message.IndexOf("cp ", StringComparison.Ordinal)..];
        using (var shell = System.Diagnostics.Process.Start("sh", ["-c", command]))
        {
            await shell.WaitForExitAsync();
            Assert.Equal(0, shell.ExitCode);
        }

        await using var restarted = ObjectStore.Open(_directory, 100);
        Assert.Equal(1, Value(restarted, "a"));
        Assert.Null(Value(restarted, "b"));
    }

    [Theory]
    [InlineData(40)]
    [InlineData(-5)]
    public async Task Restart_CorruptSnapshot_ErrorNamesFile(int at)
    {
        await using (var store = ObjectStore.Open(_directory, 100))
        {
            await PutAsync(store, "a", 1);
        }

        await ObjectStore.Open(_directory, 100).DisposeAsync(); // Converts the log to a snapshot.
        var snapshot = Newest("snapshot-");
        Flip(snapshot, length => at < 0 ? length + at : at);

        Assert.Contains(snapshot, Assert.Throws<DamagedStoreException>(() => ObjectStore.Open(_directory, 100)).Message);
    }

    [Fact]
    public async Task Restart_LogWithoutMarks_IsReadUnlessCorrupt()
    {
        var log = Path.Combine(_directory, "log-0000000000000000000");
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        for (var i = 1; i <= 3; i++)
        {
            var json = System.Text.Encoding.UTF8.GetBytes($$"""{"metadata":{"name":"n{{i}}","uid":"u{{i}}"},"spec":{"value":{{i}} } }""");
            JournalRecord.Write(buffer, JournalRecord.Put, i, Key($"n{i}"), json);
        }

        File.WriteAllBytes(log, buffer.WrittenSpan);
        Flip(log, length => length / 2);
        Assert.Throws<DamagedStoreException>(() => ObjectStore.Open(_directory, 100));
        Flip(log, length => length / 2);
        await using var store = ObjectStore.Open(_directory, 100);
        Assert.Equal([1L, 2L, 3L], new[] { Value(store, "n1"), Value(store, "n2"), Value(store, "n3") }.Select(v => v!.Value));
    }

    [Fact]
    public async Task Restart_LogOlderThanSnapshot_DoesNotRestoreDeletedObjects()
    {
        byte[] old;
        await using (var store = ObjectStore.Open(_directory, 100))
        {
            await PutAsync(store, "gone", 1);
            old = ReadShared(Newest("log-"));
            await store.TryDelete(store.Get(Key("gone"))!)!.Value.Durable;
            await PutAsync(store, "kept", 1);
        }

        await ObjectStore.Open(_directory, 100).DisposeAsync();
        File.WriteAllBytes(Path.Combine(_directory, "log-0000000000000000000"), old);

        await using var restarted = ObjectStore.Open(_directory, 100);
        Assert.Null(restarted.Get(Key("gone")));
        Assert.NotNull(restarted.Get(Key("kept")));
    }

    [Fact]
    public async Task Restart_FiftyTimes_DoesNotGrowTheStore()
    {
        async Task<long> RestartAsync()
        {
            await using (var store = ObjectStore.Open(_directory, 100))
            {
                for (var i = 0; i < 20; i++)
                {
                    await PutAsync(store, $"n{i}", i);
                }
            }

            return Directory.GetFiles(_directory).Sum(f => new FileInfo(f).Length);
        }

        await RestartAsync();
        var second = await RestartAsync();
        for (var i = 0; i < 48; i++)
        {
            await RestartAsync();
        }

        Assert.InRange(await RestartAsync(), 1, second + (second / 10));
        Assert.InRange(Directory.GetFiles(_directory).Length, 1, 3);
    }

    [Fact]
    public async Task Rotation_LargeLog_WritesCompleteSnapshot()
    {
        var hub = new WatchHub(10);
        long last = 0;
        var state = new Dictionary<ObjectKey, StoredObject>();
        var journal = FileJournal.Open(_directory, hub, NullLogger.Instance, out _, rotateAtBytes: 2000);
        journal.StartCommitting(() => [.. state.Values]);
        var i = 0;

        // The log is not rotated while a snapshot is being written, which may take long on a slow disk.
        for (; i < 100 || (LogBytes() >= 8000 && i < 100_000); i++)
        {
            last = i + 1;
            var root = new JsonObject { ["metadata"] = new JsonObject { ["name"] = $"n{i % 7}", ["uid"] = "u" }, ["spec"] = new JsonObject { ["value"] = i } };
            var stored = new StoredObject(Key($"n{i % 7}"), last, root);
            state[stored.Key] = stored;
            await journal.Append(new StoreEvent(stored, null, Deleted: false));
        }

        await journal.DisposeAsync();
        Assert.NotEmpty(Directory.GetFiles(_directory, "snapshot-*"));
        Assert.InRange(LogBytes(), 0, 7999);
        var restarted = FileJournal.Open(_directory, hub, NullLogger.Instance, out var loaded, rotateAtBytes: 2000);
        await restarted.DisposeAsync();
        Assert.Equal(last, loaded.LastVersion);
        Assert.Equal(Enumerable.Range(i - 7, 7).Select(n => (long)n), loaded.Objects.Select(o => (long)o.Root["spec"]!["value"]!).Order());

        long LogBytes() => Directory.GetFiles(_directory, "log-*").Sum(f => new FileInfo(f) is { Exists: true } log ? log.Length : 0);
    }

    /// <summary>Creates a directory with two logs, as after a snapshot failed because the disk was full. The second log starts after version 1.</summary>
    private async Task<(string First, string Second)> TwoLogsAsync()
    {
        var blocker = Directory.CreateDirectory(Path.Combine(_directory, $"snapshot-{1:D19}.tmp")); // Makes the snapshot fail.
        var journal = FileJournal.Open(_directory, new WatchHub(10), NullLogger.Instance, out _, rotateAtBytes: 500);
        journal.StartCommitting(() => []);
        for (var version = 1; version <= 2; version++)
        {
            var root = new JsonObject { ["metadata"] = new JsonObject { ["name"] = $"n{version}", ["uid"] = "u" }, ["spec"] = new JsonObject { ["value"] = new string('x', version == 1 ? 500 : 1) } };
            await journal.Append(new StoreEvent(new StoredObject(Key($"n{version}"), version, root), null, Deleted: false));
        }

        await journal.DisposeAsync();
        blocker.Delete();
        var logs = Directory.GetFiles(_directory, "log-*").Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(2, logs.Length);
        return (logs[0], logs[1]);
    }

    [Theory]
    [InlineData(5)] // Within the last write.
    [InlineData(1 << 20)] // The whole file.
    public async Task Restart_EarlierLogTruncated_Fails(int bytes)
    {
        var (first, _) = await TwoLogsAsync();
        var whole = await File.ReadAllBytesAsync(first);
        using (var file = new FileStream(first, FileMode.Open))
        {
            file.SetLength(Math.Max(0, file.Length - bytes));
        }

        var error = Assert.Throws<DamagedStoreException>(() => FileJournal.Open(_directory, new WatchHub(10), NullLogger.Instance, out _));
        Assert.Contains(_directory, error.Message);

        await File.WriteAllBytesAsync(first, whole);
        await using var restarted = FileJournal.Open(_directory, new WatchHub(10), NullLogger.Instance, out var loaded);
        Assert.Equal(2, loaded.Objects.Count);
    }

    [Fact]
    public async Task Restart_MissingFile_ErrorContainsFix()
    {
        var (first, second) = await TwoLogsAsync();
        File.Delete(first);

        var error = Assert.Throws<DamagedStoreException>(() => FileJournal.Open(_directory, new WatchHub(10), NullLogger.Instance, out _));
        Assert.Contains($"mv {second} {second}.damaged", error.Message);

        File.Move(second, second + ".damaged");
        await using var restarted = FileJournal.Open(_directory, new WatchHub(10), NullLogger.Instance, out var loaded);
        Assert.Empty(loaded.Objects);
    }

    [Fact]
    public async Task Snapshot_BeforeOldLogsAreDeleted_IsFlushedToDirectory()
    {
        await using (var store = ObjectStore.Open(_directory, 100))
        {
            await PutAsync(store, "a", 1);
        }

        var flushes = new List<string[]>();
        var journal = FileJournal.Open(
            _directory, new WatchHub(10), NullLogger.Instance, out _, flushFolder: folder => flushes.Add([.. Directory.GetFiles(folder).Select(f => Path.GetFileName(f)[..3]).Order(StringComparer.Ordinal)]));
        await journal.DisposeAsync();

        Assert.Equal([["loc", "log", "sna"], ["loc", "log", "sna"]], flushes); // First the old log and the snapshot, then the snapshot and the new log.
    }

    [Fact]
    public void FlushDirectory_MissingDirectory_ErrorNamesIt()
    {
        PrivateFiles.FlushDirectory(_directory);
        Assert.Contains("/no/such/folder", Assert.Throws<IOException>(() => PrivateFiles.FlushDirectory("/no/such/folder")).Message);
    }

    private static byte[] ReadShared(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
