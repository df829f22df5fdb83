using System.Text.Json;
using System.Text.Json.Nodes;
using MeetOperator.Local.Settings;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Local.Manifests;

/// <summary>
/// Keeps the cluster in sync with a directory of YAML files. New and changed files are applied, and objects of removed files are deleted, even if the files changed while
/// the process was stopped. An invalid file is logged and changes nothing.
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
                await CheckAsync(ct).ConfigureAwait(false);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or UnauthorizedAccessException)
            {
                LogReadFailed(logger, e.Message);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(Period, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Checks the directory once. Polling is cheap for a few files, and works with every way in which editors save files.</summary>
    internal async Task CheckAsync(CancellationToken ct)
    {
        var present = Directory.EnumerateFiles(folder, "*.y*ml")
            .Where(f => Path.GetExtension(f) is ".yaml" or ".yml")
            .Order(StringComparer.Ordinal)
            .ToDictionary(f => Path.GetFileName(f), f => f);
        foreach (var removed in _files.Keys.Except(present.Keys).ToArray())
        {
            await PruneAsync(removed, _files[removed].Objects, ct).ConfigureAwait(false);
            _files.Remove(removed);
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
            await ValidateAsync(objects, ct).ConfigureAwait(false);
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
            // The stamp is stored, so that each version of the file is logged once. Objects that were applied before the error are tracked as well.
            _files[name] = new FileState(stamp, [.. before.Union(applied)]);
            LogInvalid(logger, name, e.Message);
        }
    }

    // Validates every object before storing the first one. Objects that depend on a namespace or CRD in the same file cannot be validated in advance.
    private async Task ValidateAsync(IReadOnlyList<JsonObject> objects, CancellationToken ct)
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
        // Deletes in reverse order of creation. Objects that another file contains as well are kept.
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
                LogInvalid(logger, name, e.Message);
            }
        }
    }

    private void Load()
    {
        if (!File.Exists(stateFile))
        {
            return;
        }

        // An empty stamp applies every file again and prunes objects that were removed while the process was stopped.
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

    [LoggerMessage(5101, LogLevel.Information, "Manifest {File}: {Count} objects applied")]
    private static partial void LogApplied(ILogger logger, string file, int count);

    [LoggerMessage(5102, LogLevel.Information, "Manifest {File}: {Object} deleted")]
    private static partial void LogPruned(ILogger logger, string file, ManifestKey @object);

    [LoggerMessage(5103, LogLevel.Warning, "Manifest {File} could not be applied: {Message}")]
    private static partial void LogInvalid(ILogger logger, string file, string message);

    [LoggerMessage(5104, LogLevel.Warning, "The manifest directory could not be read: {Message}")]
    private static partial void LogReadFailed(ILogger logger, string message);

    private sealed record FileState(string Stamp, IReadOnlyList<ManifestKey> Objects);
}
