using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Testing;
using MeetOperator.Local.Manifests;
using MeetOperator.Testing;
using Microsoft.Extensions.Logging;

namespace MeetOperator.Local.Tests;

/// <summary>Synchronization of the manifest directory with a real embedded server.</summary>
public sealed class ManifestFolderTests : IAsyncLifetime
{
    private readonly string _root = Directory.CreateTempSubdirectory("manifests").FullName;
    private readonly MessageLog _messages = new();
    private TestApiServer _api = null!;
    private ManifestClient _client = null!;
    private ManifestFolder _folder = null!;

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Files);
        _api = await TestApiServer.StartAsync(File.ReadAllText(Repository.PathOf("crds", "meetings.meetoperator.io.yaml")));
        foreach (var name in (string[])["home", "other"])
        {
            await _api.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = name } }, default);
        }

        _client = new ManifestClient(_api.Server.Address, _api.Server.Token, "home");
        _folder = NewFolder();
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _api.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task Check_FileAddedChangedRemoved_AppliesAndPrunes()
    {
        Write("a.yaml", Map("one", "v: \"1\"") + "---\n" + Map("two", "v: \"1\"", "other"));
        await _folder.CheckAsync(default);
        Assert.Equal("1", await ValueAsync("home", "one"));
        Assert.Equal("1", await ValueAsync("other", "two"));

        Write("a.yaml", Map("one", "v: \"22\""));
        await _folder.CheckAsync(default);
        Assert.Equal("22", await ValueAsync("home", "one"));
        Assert.Null(await ValueAsync("other", "two"));

        File.Delete(Path.Combine(Files, "a.yaml"));
        await _folder.CheckAsync(default);
        Assert.Null(await ValueAsync("home", "one"));
    }

    [Fact]
    public async Task Start_FileRemovedWhileStopped_PrunesObjects()
    {
        Write("a.yaml", Map("one", "v: \"1\""));
        await _folder.CheckAsync(default);
        File.Delete(Path.Combine(Files, "a.yaml"));
        using var stop = new CancellationTokenSource();
        var run = NewFolder().RunAsync(stop.Token);
        await Eventually.TrueAsync(async () => await ValueAsync("home", "one") is null, "the object of the removed file is deleted", TimeSpan.FromSeconds(90));

        await stop.CancelAsync();
        await run;
    }

    [Theory]
    [InlineData("a: [", "yaml")]
    [InlineData("apiVersion: v1\nkind: Nothing\nmetadata: {name: x}\n", "the server has no kind Nothing in v1")]
    [InlineData("apiVersion: meetoperator.io/v1alpha1\nkind: Meeting\nmetadata: {name: x}\nspec: {maxParticipants: many}\n", "spec.maxParticipants")]
    public async Task Check_InvalidFile_LogsOnceAndChangesNothing(string broken, string message)
    {
        Write("a.yaml", Map("one", "v: \"1\""));
        await _folder.CheckAsync(default);
        Write("a.yaml", Map("one", "v: \"2\"") + "---\n" + broken);
        await _folder.CheckAsync(default);
        await _folder.CheckAsync(default);
        var logged = Assert.Single(_messages.All, m => m.Contains("could not be applied", StringComparison.Ordinal));
        Assert.Contains("a.yaml", logged, StringComparison.Ordinal);
        Assert.Contains(message, logged, StringComparison.Ordinal);
        Assert.Equal("1", await ValueAsync("home", "one"));
    }

    [Fact]
    public async Task Check_ObjectInTwoFiles_IsPrunedWithLastFile()
    {
        Write("a.yaml", Map("one", "v: \"1\""));
        Write("b.yaml", Map("one", "w: \"1\""));
        await _folder.CheckAsync(default);
        File.Delete(Path.Combine(Files, "a.yaml"));
        await _folder.CheckAsync(default);
        Assert.NotNull(await _api.Client.TryGetAsync<ConfigMap>(new NamespacedName("home", "one"), default));
        File.Delete(Path.Combine(Files, "b.yaml"));
        await _folder.CheckAsync(default);
        Assert.Null(await _api.Client.TryGetAsync<ConfigMap>(new NamespacedName("home", "one"), default));
    }

    [Fact]
    public async Task Check_FileWithNamespaceAndContent_AppliesInOrder()
    {
        Write("a.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: fresh}\n---\n" + Map("one", "v: \"1\"", "fresh"));
        await _folder.CheckAsync(default);
        Assert.Equal("1", await ValueAsync("fresh", "one"));
    }

    [Fact]
    public async Task Check_OtherFiles_AreIgnored()
    {
        Write("notes.txt", Map("one", "v: \"1\""));
        Write(".a.yaml.swp", Map("one", "v: \"1\""));
        await _folder.CheckAsync(default);
        Assert.Null(await ValueAsync("home", "one"));
    }

    private string Files => Path.Combine(_root, "files");

    private static string Map(string name, string data, string? @namespace = null) =>
        $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}{(@namespace is null ? string.Empty : ", namespace: " + @namespace)}}}\ndata: {{{data}}}\n";

    private ManifestFolder NewFolder() => new(Files, Path.Combine(_root, "state.json"), _client, _messages);

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(Files, name), text);

    private async Task<string?> ValueAsync(string @namespace, string name) =>
        (await _api.Client.TryGetAsync<ConfigMap>(new NamespacedName(@namespace, name), default))?.Data?["v"];

    private sealed class MessageLog : ILogger
    {
        public List<string> All { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            All.Add(formatter(state, exception));
    }
}
