using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Client.Requests;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.ProcessRuntime.Containers;
using MeetOperator.Kube.ProcessRuntime.Logs;
using MeetOperator.Kube.ProcessRuntime.Nodes;
using MeetOperator.Kube.ProcessRuntime.Plans;
using MeetOperator.Kube.ProcessRuntime.Pods;
using MeetOperator.Kube.ProcessRuntime.Probes;
using MeetOperator.Kube.ProcessRuntime.Processes;
using MeetOperator.Kube.ProcessRuntime.Services;
using MeetOperator.Kube.Runtime.Events;
using MeetOperator.Kube.Runtime.Informers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeetOperator.Kube.ProcessRuntime;

/// <summary>
/// The kubelet and the scheduler of one node that runs Pods as local processes. No container outlives it:
/// <see cref="DisposeAsync"/> stops every container; if this process dies, the kernel and a <see cref="ExitWatcher"/> kill them.
/// </summary>
public sealed partial class ProcessNode : IAsyncDisposable
{
    private readonly KubeClient _client;
    private readonly RuntimeServices _services;
    private readonly Informer<Pod> _pods;
    private readonly NodeRegistration _registration;
    private readonly HostPorts _ports = new();
    private readonly PodAddresses _addresses;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, PodWorker> _workers = new(StringComparer.Ordinal);
    private readonly HashSet<Task> _cleanups = [];
    private Task _background = Task.CompletedTask;
    private IDisposable? _subscription;
    private ExitWatcher? _exitWatcher;
    private bool _closing;

    public ProcessNode(KubeClient client, ProcessRuntimeOptions options, ILoggerFactory? loggers = null, TimeProvider? time = null)
    {
        options = options with { Folder = Path.GetFullPath(options.Folder) };
        var spawn = new SpawnThread();
        loggers ??= NullLoggerFactory.Instance;
        _client = client;
        var events = new EventRecorder(client, "process-runtime", options.NodeName, time, loggers.CreateLogger<EventRecorder>());
        _services = new RuntimeServices(options, spawn, new ProbeAction(spawn), events, time ?? TimeProvider.System, loggers.CreateLogger("MeetOperator.Kube.ProcessRuntime"));
        _pods = new Informer<Pod>(client, time: time, logger: loggers.CreateLogger<Informer<Pod>>());
        _registration = new NodeRegistration(client, _services);
        _addresses = new PodAddresses(options.PodAddressPrefix);
    }

    /// <summary>Kills processes that an earlier runtime with the same folder left behind. <see cref="StartAsync"/> does so too.</summary>
    public void EndLeftovers() => OrphanedProcesses.Kill(_services.Options.Folder);

    /// <summary>Registers the node and starts to run the Pods that are scheduled to it.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        Directory.CreateDirectory(_services.Options.Folder);
        EndLeftovers();
        _exitWatcher = ExitWatcher.Start(_services.Run);
        await _registration.RegisterAsync(ct).ConfigureAwait(false);
        _subscription = _pods.OnChange(Observe);
        _background = Task.WhenAll(_pods.RunAsync(_stop.Token), _registration.HeartbeatAsync(_stop.Token), _services.Events.RunAsync(_stop.Token));
        await _pods.WaitForSyncAsync(ct).ConfigureAwait(false);
    }

    /// <summary>Opens the log of a container; null if this node has no such Pod or container.</summary>
    public Stream? OpenLog(NamespacedName pod, string container, LogQuery query, CancellationToken ct)
    {
        PodWorker? worker;
        lock (_gate)
        {
            worker = _workers.Values.LastOrDefault(w => w.Key == pod);
        }

        var runs = worker?.Containers.Contains(container) == true;
        return runs ? new LogReader(worker!.Location.LogFile(container), query, () => worker.HasEnded, _services.Time).Open(ct) : null;
    }

    public async ValueTask DisposeAsync()
    {
        _subscription?.Dispose();
        Task[] workers;
        lock (_gate)
        {
            _closing = true;
            foreach (var worker in _workers.Values)
            {
                worker.Stop(_services.Options.ShutdownGrace, removed: true);
            }

            workers = [.. _workers.Values.Select(w => w.Completion)];
        }

        await Task.WhenAll(workers).ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        await _background.ConfigureAwait(false);
        await Task.WhenAll(_cleanups.ToArray()).ConfigureAwait(false);
        foreach (var worker in _workers.Values)
        {
            worker.Dispose();
        }

        _exitWatcher?.Dispose();
        _services.Spawn.Dispose();
        _stop.Dispose();
    }

    private void Observe(InformerChange<Pod> change)
    {
        var pod = change.Object;
        var uid = pod.Metadata.Uid ?? string.Empty;
        lock (_gate)
        {
            if (_closing)
            {
                return;
            }

            var worker = _workers.GetValueOrDefault(uid);
            if (change.Type == InformerChangeType.Deleted)
            {
                worker?.Stop(TimeSpan.FromSeconds(1), removed: true);
                End(worker, pod, exists: false);
            }
            else if (pod.Spec.NodeName is null or "")
            {
                if (pod.Metadata.DeletionTimestamp is null)
                {
                    Track(ScheduleAsync(pod));
                }
            }
            else if (pod.Spec.NodeName == _services.Options.NodeName)
            {
                if (pod.Metadata.DeletionTimestamp is not null)
                {
                    worker?.Stop(ContainerRunner.GracePeriodOf(pod), removed: false);
                    End(worker, pod, exists: true);
                }
                else if (worker is null && pod.Status?.Phase is not ("Succeeded" or "Failed"))
                {
                    Run(pod, uid);
                }
            }
        }
    }

    private void Run(Pod pod, string uid)
    {
        if (_addresses.Allocate(uid) is not { } address)
        {
            LogNoAddress(_services.Logger, pod.Metadata.NamespacedName, _services.Options.PodAddressPrefix);
            return;
        }

        var location = new PodLocation(_services.Options.NodeName, _services.Options.HostIp, address, Path.Combine(_services.Options.Folder, "pods", uid));
        var worker = new PodWorker(pod, location, _client, _services, _ports);
        _workers[uid] = worker;
        worker.Start();
    }

    // Cleans up after the processes have ended: removes the object if it still exists, otherwise releases the address and deletes the folder.
    private void End(PodWorker? worker, Pod pod, bool exists)
    {
        if (worker is null || worker.TryBeginCleanup(exists))
        {
            Track(EndAsync(worker, pod, exists));
        }
    }

    private async Task EndAsync(PodWorker? worker, Pod pod, bool exists)
    {
        await (worker?.Completion ?? Task.CompletedTask).ConfigureAwait(false);
        if (exists)
        {
            await RemoveObjectAsync(pod).ConfigureAwait(false);
            return;
        }

        if (worker is not null)
        {
            lock (_gate)
            {
                _workers.Remove(worker.Uid);
            }

            _addresses.Release(worker.Uid);
            DeleteFolder(worker.Location.Folder);
            worker.Dispose();
        }
    }

    private async Task RemoveObjectAsync(Pod pod)
    {
        var options = new DeleteOptions { GracePeriodSeconds = 0, Uid = pod.Metadata.Uid };
        await RetryAsync(ct => _client.TryDeleteAsync<Pod>(pod.Metadata.NamespacedName, ct, options)).ConfigureAwait(false);
    }

    private async Task ScheduleAsync(Pod pod)
    {
        var patch = new System.Text.Json.Nodes.JsonObject
        {
            ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["uid"] = pod.Metadata.Uid },
            ["spec"] = new System.Text.Json.Nodes.JsonObject { ["nodeName"] = _services.Options.NodeName },
        };
        await RetryAsync(ct => _client.MergePatchAsync<Pod>(pod.Metadata.NamespacedName, patch, ct)).ConfigureAwait(false);
        _services.Events.Normal(pod, "Scheduled", $"Successfully assigned {pod.Metadata.NamespacedName} to {_services.Options.NodeName}");
    }

    // API errors are final: the object was deleted or changed, and the informer reports that. Retry only if the server is unreachable.
    private async Task RetryAsync(Func<CancellationToken, Task> write)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await write(_stop.Token).ConfigureAwait(false);
                return;
            }
            catch (KubeApiException e)
            {
                if (!e.IsNotFound && !e.IsConflict)
                {
                    LogWriteRejected(_services.Logger, e);
                }

                return;
            }
            catch (Exception e) when (e is HttpRequestException or TimeoutException)
            {
                await _services.DelayAsync(TimeSpan.FromMilliseconds(200), _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private void Track(Task task)
    {
        lock (_gate)
        {
            _cleanups.RemoveWhere(t => t.IsCompleted);
            _cleanups.Add(task);
        }
    }

    private void DeleteFolder(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            return;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogFolderNotDeleted(_services.Logger, e, folder);
        }
    }
}
