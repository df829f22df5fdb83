using MeetOperator.Signaling.Hosting;
using MeetOperator.Signaling.Settings;
using MeetOperator.Signaling.Tests.Harness;

namespace MeetOperator.Signaling.Tests.Rest;

public sealed class EnvironmentTests : IDisposable
{
    private readonly string _folder = Daemon.NewFolder("environment");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void TryRead_AllVariablesSet_ReturnsOptions()
    {
        var signing = Key();
        Assert.True(Read(new()
        {
            ["MEET_DATABASE"] = "sqlite:/data/meet.db",
            ["MEET_CONTROL_CERTIFICATE"] = "conference-control-signaling",
            ["POD_NAMESPACE"] = "conference",
            ["MEET_SIGNING_KEY_FILE"] = signing,
            ["MEET_HTTP_ADDRESS"] = "127.0.0.1:9000",
            ["MEET_METRICS_ADDRESS"] = "127.0.0.1:9001",
            ["MEET_PUBLIC_URL"] = "https://meet.example",
            ["MEET_REDIS"] = "redis:6379",
            ["MEET_LOCAL_TENANT"] = "default",
            ["MEET_WEB_ROOT"] = _folder,
            ["MEET_DRAIN_SECONDS"] = "5",
            ["MEET_DIRECT_DELAY_SECONDS"] = "10",
            ["MEET_TRUSTED_PROXIES"] = "10.0.0.0/8, fd00::/8",
        }, out var options, out var errors), string.Join("\n", errors));
        Assert.Equal(("127.0.0.1:9000", "127.0.0.1:9001", "redis:6379", "default", _folder), (options!.HttpAddress, options.MetricsAddress, options.Redis, options.LocalTenant, options.WebRoot));
        Assert.Equal(("conference", "conference-control-signaling"), (options.Namespace, options.ControlSecret));
        Assert.Equal("https://meet.example/", options.PublicUrl!.ToString());
        Assert.Equal((TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10)), (options.Drain, options.Timings.DirectDelay));
        Assert.Equal(["10.0.0.0/8", "fd00::/8"], options.TrustedProxies.Select(n => n.ToString()));
    }

    [Fact]
    public void TryRead_NoVariables_NamesEveryMissingVariable()
    {
        Assert.False(Read([], out var options, out var errors));
        Assert.Null(options);
        Assert.Equal(["MEET_DATABASE", "MEET_SIGNING_KEY_FILE"], errors.Select(e => e.Split(' ')[0]));
    }

    [Theory]
    [InlineData("MEET_HTTP_ADDRESS", "localhost")]
    [InlineData("MEET_HTTP_ADDRESS", "8080")]
    [InlineData("MEET_METRICS_ADDRESS", "8081")]
    [InlineData("MEET_PUBLIC_URL", "meet.example")]
    [InlineData("MEET_PUBLIC_URL", "https://meet.example/path")]
    [InlineData("MEET_WEB_ROOT", "/nonexistent-folder")]
    [InlineData("MEET_DRAIN_SECONDS", "-1")]
    [InlineData("MEET_DRAIN_SECONDS", "5s")]
    [InlineData("MEET_DIRECT_DELAY_SECONDS", "3601")]
    [InlineData("MEET_DIRECT_DELAY_SECONDS", "half a minute")]
    [InlineData("MEET_TRUSTED_PROXIES", "10.0.0.0/33")]
    [InlineData("MEET_TRUSTED_PROXIES", "ingress")]
    [InlineData("MEET_SIGNING_KEY_FILE", "/nonexistent-file")]
    public void TryRead_InvalidValue_NamesValue(string name, string value)
    {
        var signing = Key();
        var variables = new Dictionary<string, string> { ["MEET_DATABASE"] = "sqlite:x", ["MEET_SIGNING_KEY_FILE"] = signing };
        variables[name] = value;
        Assert.False(Read(variables, out _, out var errors));
        Assert.Contains(value, Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public void TryRead_NoDirectDelay_IsHalfAMinute()
    {
        Assert.True(Read(new() { ["MEET_DATABASE"] = "sqlite:x", ["MEET_SIGNING_KEY_FILE"] = Key() }, out var options, out _));
        Assert.Equal(TimeSpan.FromSeconds(30), options!.Timings.DirectDelay);
    }

    [Fact]
    public void TryRead_ShortKey_ReturnsError()
    {
        var file = Path.Combine(_folder, "short");
        File.WriteAllText(file, "too short");
        Assert.False(Read(new() { ["MEET_DATABASE"] = "sqlite:x", ["MEET_SIGNING_KEY_FILE"] = file }, out _, out var errors));
        Assert.Single(errors);
    }

    [Theory]
    [InlineData(null, 90)]
    [InlineData("7", 7)]
    [InlineData("0", null)]
    public void TryRead_RowRetention_IsReadInDays(string? value, int? days)
    {
        var variables = new Dictionary<string, string> { ["MEET_DATABASE"] = "sqlite:x", ["MEET_SIGNING_KEY_FILE"] = Key() };
        if (value is not null)
        {
            variables["MEET_ROW_RETENTION_DAYS"] = value;
        }

        Assert.True(Read(variables, out var options, out _));
        Assert.Equal(days, options!.RowRetention?.TotalDays);
    }

    private static bool Read(Dictionary<string, string> variables, out SignalingOptions? options, out IReadOnlyList<string> errors) =>
        SignalingEnvironment.TryRead(variables.GetValueOrDefault, TimeProvider.System, out options, out errors);

    private string Key()
    {
        var signing = Path.Combine(_folder, "signing");
        File.WriteAllBytes(signing, System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
        return signing;
    }
}
