using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Local;

/// <summary>
/// Keeps the cluster equal to a folder of YAML files: files put there are applied, objects of files that went (or lost them) are deleted,
/// also when that happened while nothing ran. A broken file is told and changes nothing: what it held before stays.
/// </summary>
internal sealed partial class ManifestFolder(string folder, string stateFile, ManifestClient client, ILogger logger)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(300);

    private readonly Dictionary<string, FileState> _files = new(StringComparer.Ordinal);

    public async Task RunAsync(CancellationToken ct)
    {
        Load();
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await LookAsync(ct).ConfigureAwait(false);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException)
            {
                LogLookFailed(logger, e.Message);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(Period, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One look at the folder. Polling is cheap for a handful of files, and misses nothing that an editor does.</summary>
    internal async Task LookAsync(CancellationToken ct)
    {
        var present = Directory.EnumerateFiles(folder, "*.y*ml")
            .Where(f => Path.GetExtension(f) is ".yaml" or ".yml")
            .Order(StringComparer.Ordinal)
            .ToDictionary(f => Path.GetFileName(f), f => f);
        foreach (var gone in _files.Keys.Except(present.Keys).ToArray())
        {
            await PruneAsync(gone, _files[gone].Objects, ct).ConfigureAwait(false);
            _files.Remove(gone);
            Save();
        }

        foreach (var (name, path) in present)
        {
            var info = new FileInfo(path);
            var stamp = $"{info.LastWriteTimeUtc.Ticks}-{info.Length}";
            if (_files.GetValueOrDefault(name)?.Stamp != stamp)
            {
                await ApplyAsync(name, path, stamp, ct).ConfigureAwait(false);
                Save();
            }
        }
    }

    private async Task ApplyAsync(string name, string path, string stamp, CancellationToken ct)
    {
        var before = _files.GetValueOrDefault(name)?.Objects ?? [];
        var applied = new List<ManifestKey>();
        try
        {
            var objects = ManifestReader.Read(name, await File.ReadAllTextAsync(path, ct).ConfigureAwait(false));
            await JudgeAsync(objects, ct).ConfigureAwait(false);
            foreach (var item in objects)
            {
                applied.Add(await client.ApplyAsync(item, dryRun: false, ct).ConfigureAwait(false));
            }

            _files[name] = new FileState(stamp, applied);
            LogApplied(logger, name, applied.Count);
            await PruneAsync(name, [.. before.Except(applied)], ct).ConfigureAwait(false);
        }
        catch (LocalException e)
        {
            // Told once a version of the file: the stamp is kept; the objects are those of before, and any that were stored before the refusal.
            _files[name] = new FileState(stamp, [.. before.Union(applied)]);
            LogBroken(logger, name, e.Message);
        }
    }

    // Every object is tried before the first is stored. One that needs an object of the same file (a namespace) is left to the real apply.
    private async Task JudgeAsync(IReadOnlyList<JsonObject> objects, CancellationToken ct)
    {
        var namespaces = objects.Where(o => (string?)o["kind"] == "Namespace").Select(o => (string?)o["metadata"]!["name"]).ToHashSet();
        var kinds = objects.Where(o => (string?)o["kind"] == "CustomResourceDefinition").Select(o => (string?)o["spec"]?["names"]?["kind"]).ToHashSet();
        foreach (var item in objects)
        {
            if (!namespaces.Contains((string?)item["metadata"]!["namespace"]) && !kinds.Contains((string?)item["kind"]))
            {
                await client.ApplyAsync((JsonObject)item.DeepClone(), dryRun: true, ct).ConfigureAwait(false);
            }
        }
    }

    private async Task PruneAsync(string name, IReadOnlyList<ManifestKey> objects, CancellationToken ct)
    {
        // Last first: what a file built up is taken down in the other order. An object that another file holds as well stays.
        var kept = _files.Where(f => f.Key != name).SelectMany(f => f.Value.Objects).ToHashSet();
        foreach (var key in objects.Reverse().Where(k => !kept.Contains(k)))
        {
            try
            {
                await client.DeleteAsync(key, ct).ConfigureAwait(false);
                LogPruned(logger, name, key);
            }
            catch (LocalException e)
            {
                LogBroken(logger, name, e.Message);
            }
        }
    }

    private void Load()
    {
        if (!File.Exists(stateFile))
        {
            return;
        }

        // An empty stamp: everything is applied again, and what went meanwhile is pruned.
        foreach (var (name, objects) in JsonSerializer.Deserialize<Dictionary<string, List<ManifestKey>>>(File.ReadAllText(stateFile)) ?? [])
        {
            _files[name] = new FileState(string.Empty, objects);
        }
    }

    private void Save()
    {
        var fresh = stateFile + ".new";
        File.WriteAllText(fresh, JsonSerializer.Serialize(_files.ToDictionary(f => f.Key, f => f.Value.Objects)));
        File.Move(fresh, stateFile, overwrite: true);
    }

    [LoggerMessage(3101, LogLevel.Information, "Manifest {File}: {Count} objects applied")]
    private static partial void LogApplied(ILogger logger, string file, int count);

    [LoggerMessage(3102, LogLevel.Information, "Manifest {File}: {Object} deleted")]
    private static partial void LogPruned(ILogger logger, string file, ManifestKey @object);

    [LoggerMessage(3103, LogLevel.Warning, "Manifest {File} changed nothing: {Message}")]
    private static partial void LogBroken(ILogger logger, string file, string message);

    [LoggerMessage(3104, LogLevel.Warning, "The manifests could not be looked at: {Message}")]
    private static partial void LogLookFailed(ILogger logger, string message);

    private sealed record FileState(string Stamp, IReadOnlyList<ManifestKey> Objects);
}
