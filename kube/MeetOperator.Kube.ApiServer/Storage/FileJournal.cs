using System.Buffers;
using System.Threading.Channels;

namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>
/// Append-only log with snapshots. One task takes every change that is waiting, writes them with one write and one fsync,
/// then publishes and acknowledges them. When the log outgrows the data, a snapshot replaces it in the background.
/// </summary>
internal sealed class FileJournal : IJournal
{
    private const long RotateAtBytes = 64L << 20;

    private readonly Channel<(StoreEvent Change, TaskCompletionSource Done)> _queue =
        Channel.CreateUnbounded<(StoreEvent, TaskCompletionSource)>(new UnboundedChannelOptions { SingleReader = true });

    private readonly JournalDirectory _directory;
    private readonly WatchHub _hub;
    private readonly long _rotateAtBytes;
    private FileStream _log;
    private Task _committer = Task.CompletedTask;
    private Task _snapshot = Task.CompletedTask;

    private FileJournal(JournalDirectory directory, WatchHub hub, FileStream log, long rotateAtBytes)
    {
        _directory = directory;
        _hub = hub;
        _log = log;
        _rotateAtBytes = rotateAtBytes;
    }

    /// <summary>Takes the directory for this process, and reads what it holds.</summary>
    public static FileJournal Open(string path, WatchHub hub, out IReadOnlyCollection<StoredObject> objects, out long lastVersion, long rotateAtBytes = RotateAtBytes)
    {
        var directory = JournalDirectory.Take(path);
        try
        {
            objects = directory.Load(out lastVersion);
            return new FileJournal(directory, hub, directory.OpenLog(lastVersion), rotateAtBytes);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    public void StartCommitting(Func<List<StoredObject>> capture) => _committer = Task.Run(() => CommitAsync(capture));

    public Task Append(StoreEvent change)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _queue.Writer.TryWrite((change, done)) ? done.Task : Task.FromException(new IOException("the store is closed"));
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _committer;
        await _snapshot;
        await _log.DisposeAsync();
        _directory.Dispose();
    }

    private async Task CommitAsync(Func<List<StoredObject>> capture)
    {
        var buffer = new ArrayBufferWriter<byte>(1 << 16);
        var batch = new List<(StoreEvent Change, TaskCompletionSource Done)>();
        Exception? failure = null;
        while (await _queue.Reader.WaitToReadAsync())
        {
            while (batch.Count < 4096 && _queue.Reader.TryRead(out var next))
            {
                batch.Add(next);
                var change = next.Change;
                JournalRecord.Write(buffer, change.Deleted ? JournalRecord.Delete : JournalRecord.Put, change.Version, change.Object.Key, change.Deleted ? [] : change.Object.Json);
            }

            try
            {
                if (failure is not null)
                {
                    throw failure;
                }

                _log.Write(buffer.WrittenSpan);
                _log.Flush(flushToDisk: true);
                foreach (var (change, done) in batch)
                {
                    _hub.Publish(change);
                    done.TrySetResult();
                }

                RotateWhenLarge(batch[^1].Change.Version, capture);
            }
            catch (IOException e)
            {
                // Nothing after a failed write can be trusted to be durable: every later write is refused until a restart.
                failure = new IOException($"the data directory cannot be written: {e.Message}", e);
                batch.ForEach(b => b.Done.TrySetException(failure));
            }

            batch.Clear();
            buffer.ResetWrittenCount();
        }
    }

    private void RotateWhenLarge(long version, Func<List<StoredObject>> capture)
    {
        if (_log.Length < _rotateAtBytes || !_snapshot.IsCompleted)
        {
            return;
        }

        var full = _log;
        _log = _directory.OpenLog(version);
        full.Dispose();
        var objects = capture();
        _snapshot = Task.Run(() => _directory.WriteSnapshot(version, objects));
    }
}
