using System.Globalization;
using MeetOperator.KubectlMeet.Arguments;
using MeetOperator.KubectlMeet.Bundle;
using MeetOperator.KubectlMeet.Output;
using MeetOperator.KubectlMeet.Reading;

namespace MeetOperator.KubectlMeet.Commands;

/// <summary>Writes objects, events and logs into a file for support, without secrets.</summary>
internal sealed class SupportBundleCommand : ICommand
{
    private static readonly OptionSpec File = new("file", "FILE", "where to write the bundle; by default, meet-support-<time>.tar.gz in the current folder") { Letter = 'f' };

    public CommandSpec Spec { get; } = new()
    {
        Name = "support-bundle",
        Summary = "write objects, events, logs and versions into a file, without secrets",
        Description = "Contains the objects of MeetOperator, its Pods, cluster nodes, events, and the last 5000 log lines of each container, as far as you may read them. Secrets and ConfigMaps are not read. Tokens, keys, passwords, credentials of TURN and ICE, e-mail addresses, titles and IDs of meetings are removed. Names of objects and IP addresses remain: look into the bundle before you pass it on.",
        Options = [File],
        Examples = ["kubectl meet support-bundle", "kubectl meet support-bundle -n meet-acme -f acme.tar.gz"],
    };

    public async Task<int> RunAsync(CommandContext context, CommandLine line, CancellationToken ct)
    {
        var name = $"meet-support-{context.Now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}";
        var path = Path.GetFullPath(line.Value(File.Name) ?? $"{name}.tar.gz", context.Folder);
        using var cluster = ClusterReader.Open(line);
        var inventory = await cluster.ReadAsync(ct).ConfigureAwait(false);
        var missing = await WriteAsync(context, cluster, inventory, path, name, line.Value(GlobalOptions.Namespace), ct).ConfigureAwait(false);
        context.Text.Line($"wrote {path} ({new FileInfo(path).Length / 1024 + 1} KiB)");
        context.Note(missing.Select(item => $"not in the bundle: {item}"));
        return ExitCodes.Ok;
    }

    private static async Task<IReadOnlyList<string>> WriteAsync(
        CommandContext context, ClusterReader cluster, Inventory inventory, string path, string name, string? onlyNamespace, CancellationToken ct)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var file = new FileStream(path, options);
        try
        {
            using var archive = new BundleArchive(file, name, context.Now);
            var collector = new BundleCollector(cluster, archive);
            await collector.CollectAsync(onlyNamespace, ct).ConfigureAwait(false);
            archive.Add("overview.yaml", SecretRules.Clean(Yaml(Overview.Of(inventory, context.Now))));
            archive.Add("about.txt", About(context.Now, collector.Missing));
            return collector.Missing;
        }
        catch
        {
            // An incomplete archive would look like a bundle.
            await file.DisposeAsync().ConfigureAwait(false);
            System.IO.File.Delete(path);
            throw;
        }
    }

    private static string Yaml(Overview overview)
    {
        using var writer = new StringWriter();
        Document.TryWrite(writer, "yaml", overview);
        return writer.ToString();
    }

    private static string About(DateTimeOffset now, IReadOnlyList<string> missing) => $"""
        Support bundle of MeetOperator
        Written:        {now.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'} by kubectl meet {VersionCommand.Version}
        Secrets:        not read
        Removed:        tokens, keys, passwords, credentials of TURN and ICE, e-mail addresses, titles
        IDs:            replaced with id: and a hash, which is the same in objects and in logs
        Not included:   {(missing.Count == 0 ? "nothing" : string.Join("\n                ", missing))}

        """;
}
