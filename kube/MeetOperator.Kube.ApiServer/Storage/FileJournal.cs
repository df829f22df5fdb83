using System.Buffers;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Kube.ApiServer.Storage;

/// <summary>
/// Append-only log with snapshots. One task takes every change that is waiting, writes them with one write and one fsync,
/// then publishes and acknowledges them. When the log outgrows the data, a snapshot replaces it in the background.
/// </summary>
internal sealed partial class FileJournal : IJournal
{
    private const long RotateAtBytes = 64L << 20;

    private readonly Channel<(StoreEvent Change, TaskCompletionSource Done)> _queue =
        Channel.CreateUnbounded<(StoreEvent, TaskCompletionSource)>(new UnboundedChannelOptions { SingleReader = true });

    private readonly JournalDirectory _directory;
    private readonly WatchHub _hub;
    private readonly long _rotateAtBytes;
    private readonly ILogger _logger;
    private FileStream _log;
    private Exception? _failure;
    private Task _committer = Task.CompletedTask;
    private Task _snapshot = Task.CompletedTask;

    private FileJournal(JournalDirectory directory, WatchHub hub, FileStream log, ILogger logger, long rotateAtBytes)
    {
        _logger = logger;
        _directory = directory;
        _hub = hub;
        _log = log;
        _rotateAtBytes = rotateAtBytes;
    }

    /// <summary>Takes the directory for this process, and reads what it holds.</summary>
    /// <exception cref="IOException">Another process has it, it cannot be written, or a file is damaged (<see cref="DamagedStoreException"/>).</exception>
    public static FileJournal Open(
        string path, WatchHub hub, ILogger logger, out LoadedObjects loaded, long rotateAtBytes = RotateAtBytes, Action<string>? flushFolder = null)
    {
        var directory = JournalDirectory.Take(path, logger, flushFolder);
        try
        {
            loaded = directory.Load();
            return new FileJournal(directory, hub, directory.OpenLog(loaded.LastVersion), logger, rotateAtBytes);
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
        MarkWhole();
        await _log.DisposeAsync();
        _directory.Dispose();
    }

    private async Task CommitAsync(Func<List<StoredObject>> capture)
    {
        var buffer = new ArrayBufferWriter<byte>(1 << 16);
        var batch = new List<(StoreEvent Change, TaskCompletionSource Done)>();
        while (await _queue.Reader.WaitToReadAsync())
        {
            JournalRecord.WriteMark(buffer, JournalRecord.Batch, 0);
            while (batch.Count < 4096 && _queue.Reader.TryRead(out var next))
            {
                batch.Add(next);
                var change = next.Change;
                JournalRecord.Write(buffer, change.Deleted ? JournalRecord.Delete : JournalRecord.Put, change.Version, change.Object.Key, change.Deleted ? [] : change.Object.Json);
            }

            try
            {
                if (_failure is not null)
                {
                    throw _failure;
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
            catch (Exception e)
            {
                // Nothing after a failed write can be trusted to be durable: every later write is refused until a restart.
                if (_failure is null)
                {
                    LogFailed(e);
                    _failure = new IOException($"the data directory cannot be written: {e.Message}", e);
                }

                batch.ForEach(b => b.Done.TrySetException(_failure));
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

        if (!MarkWhole())
        {
            return;
        }

        var full = _log;
        _log = _directory.OpenLog(version);
        full.Dispose();
        var objects = capture();
        _snapshot = Task.Run(() => WriteSnapshot(version, objects));
    }

    /// <summary>A snapshot that fails costs space and no object: the logs stay, and the next one that is full tries again.</summary>
    private void WriteSnapshot(long version, List<StoredObject> objects)
    {
        try
        {
            _directory.WriteSnapshot(version, objects);
        }
        catch (Exception e)
        {
            LogNoSnapshot(e);
        }
    }

    /// <summary>Ends the log with proof that its last write is whole, so that damage to it is told from a crash.</summary>
    private bool MarkWhole()
    {
        if (_failure is not null)
        {
            return false;
        }

        try
        {
            var mark = new ArrayBufferWriter<byte>();
            JournalRecord.WriteMark(mark, JournalRecord.Batch, 0);
            _log.Write(mark.WrittenSpan);
            _log.Flush(flushToDisk: true);
            return true;
        }
        catch (IOException e)
        {
            LogFailed(e);
            _failure = new IOException($"the data directory cannot be written: {e.Message}", e); // After half a mark nothing more can be read.
            return false;
        }
    }

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "The data directory cannot be written: every change is refused until a restart")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning, Message = "No snapshot could be written; the logs before it stay")]
    private partial void LogNoSnapshot(Exception exception);
}
